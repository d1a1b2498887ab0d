// `openclaw mesh owner`.
import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { MESH } from "./config-schema.ts";
import { grantOwner } from "./owner-grant.ts";
import { runOwnerHandshake, type OwnerOutcome } from "./owner-handshake.ts";

/** Runs the handshake on standard input and output, see {@link kit.makeOwner}. */
export function makeOwner(cfg: OpenClawConfig, accountId: string): Promise<OwnerOutcome> {
  const stateDir = resolveStateDir(process.env);
  const { signal } = new AbortController();
  return kit.makeOwner({
    names: MESH,
    handshake: (dialog) => runOwnerHandshake({ cfg, accountId, stateDir, signal, dialog }),
    grant: (current, senderId) => grantOwner(current, accountId, senderId),
  });
}

export const describeOutcome = (outcome: OwnerOutcome): string =>
  kit.describeOutcome(MESH, outcome);
