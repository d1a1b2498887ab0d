// `openclaw convos owner`: the person at the terminal proves with a code which member of the owner conversation he is.
import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import { resolveConvosAccount } from "./accounts.ts";
import { CONVOS } from "./config-schema.ts";
import { grantOwner } from "./owner-grant.ts";
import { withOwnerConnection } from "./owner-connection.ts";

/** Runs the handshake on standard input and output, see {@link kit.makeOwner}. */
export function makeOwner(cfg: OpenClawConfig, accountId: string): Promise<kit.OwnerOutcome> {
  const { signal } = new AbortController();
  return kit.makeOwner({
    names: CONVOS,
    handshake: (dialog) => shakeHands(cfg, accountId, dialog, signal),
    grant: (current, senderId) => grantOwner(current, accountId, senderId),
  });
}

/** Runs the handshake once, see {@link kit.runOwnerHandshake}. */
export function shakeHands(
  cfg: OpenClawConfig,
  accountId: string,
  dialog: kit.OwnerDialog,
  signal: AbortSignal,
): Promise<kit.OwnerOutcome> {
  const account = resolveConvosAccount(cfg, accountId);
  const stateDir = resolveStateDir(process.env);
  return kit.runOwnerHandshake({
    names: CONVOS,
    accountId: account.accountId,
    dialog,
    signal,
    listen: (desk, use) => withOwnerConnection({ stateDir, account, desk, signal }, use),
  });
}
