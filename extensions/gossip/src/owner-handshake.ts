import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount } from "./accounts.ts";
import { GOSSIP } from "./config-schema.ts";
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
  const account = resolveGossipAccount(cfg, accountId);
  return kit.runOwnerHandshake({
    names: GOSSIP,
    accountId: account.accountId,
    dialog,
    signal,
    listen: (desk, use) => withOwnerConnection({ stateDir, account, desk, signal }, use),
  });
}
