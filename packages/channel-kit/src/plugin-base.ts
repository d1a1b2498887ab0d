// Parts of the cold plugin object that are the same in every channel.
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import { createHybridChannelConfigAdapter } from "openclaw/plugin-sdk/channel-config-helpers";
import {
  buildChannelOutboundSessionRoute,
  type ChannelPlugin,
  type OpenClawConfig,
} from "openclaw/plugin-sdk/channel-core";
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

type ResolveRoute = NonNullable<
  NonNullable<ChannelPlugin["messaging"]>["resolveOutboundSessionRoute"]
>;

/**
 * Which session a message belongs to that goes out by itself.
 *
 * @param findPeer - Whom a target means, and how the host writes it; undefined for what is none.
 */
export function createRouteResolver(
  channelId: string,
  findPeer: (
    target: string,
    cfg: OpenClawConfig,
    accountId: string | null | undefined,
  ) => { readonly id: string; readonly kind: "direct" | "group"; readonly to: string } | undefined,
): ResolveRoute {
  return ({ accountId, agentId, cfg, target }) => {
    const found = findPeer(target, cfg, accountId);
    if (found === undefined) return null;
    const { id, kind, to } = found;
    return buildChannelOutboundSessionRoute({
      cfg,
      agentId,
      channel: channelId,
      accountId: accountId ?? null,
      recipientSessionExact: true,
      peer: { kind, id },
      chatType: kind,
      from: to,
      to,
    });
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
