import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { MESH } from "./config-schema.ts";
import { grantOwner } from "./owner-grant.ts";
import { runOwnerHandshake } from "./owner-handshake.ts";

/** Third step of the wizard, see {@link kit.settleOwner}. */
export function settleOwner(
  cfg: OpenClawConfig,
  accountId: string,
  io: kit.SetupIo,
  moment: kit.OwnerMoment,
): Promise<OpenClawConfig> {
  const { stateDir } = io;
  const { signal } = new AbortController();
  const step: kit.OwnerStep = {
    names: MESH,
    handshake: (dialog) => runOwnerHandshake({ cfg, accountId, stateDir, signal, dialog }),
    grant: (current, senderId) => grantOwner(current, accountId, senderId),
  };
  return kit.settleOwner(step, cfg, io, moment);
}
