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
      inspectAccount: (cfg, accountId) => {
        const account = resolveAccount(cfg, accountId);
        return inspectAccount(account, addressOf(account));
      },
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

/** Metadata for read-only views. Resolves no secret and shows none. */
export function inspectAccount(account: ListedAccount, baseUrl: string) {
  const { accountId, allowFrom, configured, dmPolicy, enabled, name } = account;
  const credentialSource = nameCredentialSource(account);
  return {
    accountId,
    name,
    enabled,
    configured,
    credentialSource,
    dmPolicy,
    allowFrom: [...allowFrom],
    baseUrl,
  };
}

/** The host's word for where a credential comes from; `session.json` is beside what it opens. */
export function nameCredentialSource({ mnemonic }: Pick<ChannelAccount, "mnemonic">): string {
  return mnemonic.kind === "generated" ? "session.json" : "config";
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
