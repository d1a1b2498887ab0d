import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveMeshAccount } from "./accounts.ts";
import { MESH } from "./config-schema.ts";
import { withOwnerConnection } from "./owner-connection.ts";

export type { OwnerOutcome } from "channel-kit/terminal";

export interface OwnerHandshakeOptions {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly stateDir: string;
  readonly dialog: kit.OwnerDialog;
  readonly signal: AbortSignal;
}

/** Runs the handshake once, see {@link kit.runOwnerHandshake}. */
export function runOwnerHandshake(options: OwnerHandshakeOptions): Promise<kit.OwnerOutcome> {
  const { accountId, cfg, dialog, signal, stateDir } = options;
  const account = resolveMeshAccount(cfg, accountId);
  return kit.runOwnerHandshake({
    names: MESH,
    accountId: account.accountId,
    dialog,
    signal,
    listen: (desk, use) => withOwnerConnection({ stateDir, account, desk, signal }, use),
  });
}
