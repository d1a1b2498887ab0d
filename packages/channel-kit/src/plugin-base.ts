// Parts of the cold plugin object that are the same in every channel.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import { createHybridChannelConfigAdapter } from "openclaw/plugin-sdk/channel-config-helpers";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelAccount } from "./account-channel.ts";

/** What of a resolved account the host lists. */
interface ListedAccount extends ChannelAccount {
  readonly name: string | undefined;
  readonly dmPolicy: string;
  readonly allowFrom: readonly string[];
}

export interface ConfigAdapterOptions<TAccount extends ListedAccount> {
  readonly channelId: string;
  readonly listAccountIds: (cfg: OpenClawConfig) => string[];
  readonly resolveAccount: (cfg: OpenClawConfig, accountId?: string | null) => TAccount;
  readonly inspectAccount: (cfg: OpenClawConfig, accountId?: string | null) => unknown;
  /** Fields of the section that belong to the account `default`, and go with it. */
  readonly ownFields: readonly string[];
  readonly tryParseAllowEntry: (entry: string | number) => string | undefined;
  /** Where the account's network is, for people. */
  readonly addressOf: (account: TAccount) => string;
}

/** How the host reads and edits the accounts of a channel. */
export function createConfigAdapter<TAccount extends ListedAccount>({
  addressOf,
  channelId,
  inspectAccount,
  listAccountIds,
  ownFields,
  resolveAccount,
  tryParseAllowEntry,
}: ConfigAdapterOptions<TAccount>): ChannelPlugin<TAccount>["config"] {
  return {
    ...createHybridChannelConfigAdapter<TAccount>({
      sectionKey: channelId,
      listAccountIds,
      resolveAccount,
      inspectAccount,
      defaultAccountId: () => DEFAULT_ACCOUNT_ID,
      clearBaseFields: [...ownFields],
      resolveAllowFrom: (account) => [...account.allowFrom],
      formatAllowFrom: (allowFrom) =>
        allowFrom.map((entry) => tryParseAllowEntry(entry)).filter((entry) => entry !== undefined),
    }),
    isEnabled: (account) => account.enabled,
    isConfigured: (account) => account.configured,
    describeAccount: (account) => ({
      accountId: account.accountId,
      ...(account.name === undefined ? {} : { name: account.name }),
      enabled: account.enabled,
      configured: account.configured,
      dmPolicy: account.dmPolicy,
      allowFrom: [...account.allowFrom],
      baseUrl: addressOf(account),
    }),
  };
}

/**
 * Which changes of the configuration restart an account: all but those of settings that are read for every message.
 *
 * @param liveSettings - Those settings, by their name in an account.
 */
export function createReloadRules(
  channelId: string,
  liveSettings: readonly string[],
): NonNullable<ChannelPlugin["reload"]> {
  return {
    configPrefixes: [`channels.${channelId}`],
    // No account reads the settings of another; those of the section itself restart all.
    accountScopedRestart: true,
    noopPrefixes: liveSettings.flatMap((key) => [
      `channels.${channelId}.${key}`,
      `channels.${channelId}.accounts.*.${key}`,
    ]),
  };
}
