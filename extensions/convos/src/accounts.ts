import {
  findConfiguredAccount,
  listConfiguredAccounts,
  resolveMnemonic,
  resolveTurnBudget,
  type SectionRules,
  type ChannelAccount,
  type ConfiguredTurnBudget,
  type MnemonicSource,
} from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  CHANNEL_ID,
  ConvosConfigSchema,
  DEFAULT_DM_POLICY,
  DEFAULT_ENV,
  DEFAULT_GROUP_POLICY,
  DEFAULT_NAME,
  DEFAULT_TURN_BUDGET,
  type ConversationRules,
  type ConvosAccountConfig,
} from "./config-schema.ts";
import type { ChatStringOverrides } from "./strings.ts";

type Configured<K extends keyof ConvosAccountConfig> = NonNullable<ConvosAccountConfig[K]>;

export interface ResolvedConvosAccount extends ChannelAccount {
  /** How people see the agent. */
  readonly name: string;
  /** A key that was there before, see `privateKey` of the configuration. */
  readonly ownerKey: MnemonicSource;
  readonly env: Configured<"env">;
  readonly apiUrl: string | undefined;
  readonly ownerConversationId: string | undefined;
  readonly dmPolicy: Configured<"dmPolicy">;
  readonly allowFrom: readonly string[];
  readonly groupPolicy: Configured<"groupPolicy">;
  readonly groupAllowFrom: readonly string[];
  /** Rules by conversation id, and `*` for the others. */
  readonly groups: Readonly<Record<string, ConversationRules>>;
  readonly turnBudget: ConfiguredTurnBudget;
  readonly strings: ChatStringOverrides;
  readonly debug: boolean;
}

const RULES: SectionRules<ConvosAccountConfig> = {
  channelId: CHANNEL_ID,
  schema: () => ConvosConfigSchema,
  inherit: ({
    mnemonic: _mnemonic,
    privateKey: _key,
    ownerConversationId: _owner,
    name: _name,
    ...inherited
  }) => inherited,
};

/** Account ids in `channels.convos`, see {@link listConfiguredAccounts}. */
export function listConvosAccountIds(cfg: OpenClawConfig): string[] {
  return listConfiguredAccounts(RULES, cfg);
}

/**
 * The account with every default filled in. A named account inherits the section's network and access rules, never its
 * identity or its conversations: `mnemonic`, `privateKey`, `ownerConversationId` and `name` at the top belong to the account
 * `default`.
 *
 * @param cfg - The configuration as the host resolved it.
 * @throws ConvosChannelError `config_invalid`, naming the keys and never their values.
 */
export function resolveConvosAccount(
  cfg: OpenClawConfig,
  accountId?: string | null,
): ResolvedConvosAccount {
  const found = findConfiguredAccount(RULES, cfg, accountId);
  const { accountId: id, configured, inherited, merged, own, root } = found;
  return {
    accountId: id,
    name: merged.name ?? DEFAULT_NAME,
    configured,
    enabled: configured && root.enabled !== false && merged.enabled !== false,
    // Names the folder of the account; people never see it.
    username: id,
    mnemonic: resolveMnemonic(merged.mnemonic),
    ownerKey: resolveMnemonic(merged.privateKey),
    env: merged.env ?? DEFAULT_ENV,
    apiUrl: merged.apiUrl,
    ownerConversationId: merged.ownerConversationId,
    dmPolicy: merged.dmPolicy ?? DEFAULT_DM_POLICY,
    allowFrom: (merged.allowFrom ?? []).map(String),
    groupPolicy: merged.groupPolicy ?? DEFAULT_GROUP_POLICY,
    groupAllowFrom: (merged.groupAllowFrom ?? []).map(String),
    groups: merged.groups ?? {},
    turnBudget: resolveTurnBudget(DEFAULT_TURN_BUDGET, root.turnBudget, own?.turnBudget),
    strings: { ...inherited.strings, ...own?.strings },
    debug: merged.debug ?? false,
  };
}

/** Inbox ids of owners, in the host's own list: owner of the bot is who is named there, and nobody else. */
export function listOwners(cfg: OpenClawConfig, parse: (text: string) => string | undefined) {
  return (cfg.commands?.ownerAllowFrom ?? [])
    .map(String)
    .filter((entry) => entry.toLowerCase().startsWith(`${CHANNEL_ID}:`))
    .map((entry) => parse(entry))
    .filter((inboxId) => inboxId !== undefined);
}
