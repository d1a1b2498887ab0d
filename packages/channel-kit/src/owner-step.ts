// What of finding out who owns the bot is a channel's own, and the step that the wizard and the command line make of it.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import type { ChannelNames } from "./channel-names.ts";
import type { OwnerDesk } from "./owner-desk.ts";
import {
  runOwnerHandshake,
  type OwnerConnection,
  type OwnerDialog,
  type OwnerOutcome,
} from "./owner-handshake.ts";

/** An account that listens for the code in this process. */
export interface OwnerConnectionOptions<TAccount extends ChannelAccount> {
  readonly stateDir: string;
  readonly account: TAccount;
  readonly desk: OwnerDesk;
  readonly signal: AbortSignal;
}

export interface OwnerRooms<TAccount extends ChannelAccount> {
  readonly channel: AccountChannel<TAccount>;
  /** Lends an account that listens for the code, see `listenForOwner`. */
  readonly withConnection: (
    options: OwnerConnectionOptions<TAccount>,
    use: (connection: OwnerConnection) => Promise<OwnerOutcome>,
  ) => Promise<OwnerOutcome>;
  /** The configuration with this person as owner. */
  readonly grant: (cfg: OpenClawConfig, accountId: string, senderId: string) => OpenClawConfig;
}

/** One account's step. */
export interface OwnerStep {
  readonly names: ChannelNames;
  /** Runs the handshake once, see {@link runOwnerHandshake}. */
  readonly handshake: (dialog: OwnerDialog) => Promise<OwnerOutcome>;
  /** The configuration with this person as owner. */
  readonly grant: (cfg: OpenClawConfig, senderId: string) => OpenClawConfig;
}

export function createOwnerStep<TAccount extends ChannelAccount>(
  { channel, grant, withConnection }: OwnerRooms<TAccount>,
  cfg: OpenClawConfig,
  accountId: string,
  signal: AbortSignal = new AbortController().signal,
): OwnerStep {
  const stateDir = resolveStateDir(process.env);
  return {
    names: channel,
    handshake: async (dialog) => {
      const account = channel.resolveAccount(cfg, accountId);
      return await runOwnerHandshake({
        names: channel,
        accountId: account.accountId,
        dialog,
        signal,
        listen: (desk, use) => withConnection({ stateDir, account, desk, signal }, use),
      });
    },
    grant: (current, senderId) => grant(current, accountId, senderId),
  };
}
