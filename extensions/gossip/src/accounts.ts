import {
  findConfiguredAccount,
  listConfiguredAccounts,
  resolveMnemonic,
  resolveTurnBudget,
  type ConfiguredTurnBudget,
  type SectionRules,
  type MnemonicSource,
} from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  CHANNEL_ID,
  DEFAULT_AUTO_ACCEPT,
  DEFAULT_BACKLOG,
  DEFAULT_DM_POLICY,
  DEFAULT_PROTOCOL_URL,
  DEFAULT_TURN_BUDGET,
  DEFAULT_REPLY_TO_MODE,
  DEFAULT_USERNAME,
  gossipConfigSchema,
  type Backlog,
  type GossipAccountConfig,
} from "./config-schema.ts";
import type { ChatStringOverrides } from "./strings.ts";

type DmPolicy = NonNullable<GossipAccountConfig["dmPolicy"]>;
type AutoAccept = NonNullable<GossipAccountConfig["autoAccept"]>;

export interface ResolvedGossipAccount {
  readonly accountId: string;
  readonly name: string | undefined;
  /** Whether the configuration has this account. `{enabled: true}` alone is a whole account: the first start makes an identity. */
  readonly configured: boolean;
  readonly enabled: boolean;
  readonly username: string;
  readonly protocolUrl: string;
  readonly dmPolicy: DmPolicy;
  readonly allowFrom: readonly string[];
  readonly autoAccept: AutoAccept;
  readonly backlog: Backlog;
  /** Turns that one person may cause in ten minutes, and all people in an hour. */
  readonly turnBudget: ConfiguredTurnBudget;
  readonly replyToMode: NonNullable<GossipAccountConfig["replyToMode"]>;
  /** User ids by the operator's names for them, as written. */
  readonly contacts: Readonly<Record<string, string>>;
  readonly strings: ChatStringOverrides;
  readonly mnemonic: MnemonicSource;
}

const RULES: SectionRules<GossipAccountConfig> = {
  channelId: CHANNEL_ID,
  schema: gossipConfigSchema,
  inherit: ({ mnemonic: _mnemonic, username: _username, name: _name, ...inherited }) => inherited,
};

/** Account ids in `channels.gossip`, see {@link listConfiguredAccounts}. */
export function listGossipAccountIds(cfg: OpenClawConfig): string[] {
  return listConfiguredAccounts(RULES, cfg);
}

/**
 * The account with every default filled in. A named account inherits the section's relay and access rules, never its
 * identity: `mnemonic`, `username` and `name` at the top belong to the account `default`.
 *
 * @param cfg - The configuration as the host resolved it; an unresolved secret makes {@link MnemonicSource} `unavailable`.
 * @throws GossipChannelError `config_invalid`, naming the keys and never their values.
 */
export function resolveGossipAccount(
  cfg: OpenClawConfig,
  accountId?: string | null,
): ResolvedGossipAccount {
  const found = findConfiguredAccount(RULES, cfg, accountId);
  const { accountId: id, configured, inherited, isDefault, merged, own, root } = found;
  return {
    accountId: id,
    name: merged.name,
    configured,
    enabled: configured && root.enabled === true && merged.enabled !== false,
    username: merged.username ?? (isDefault ? DEFAULT_USERNAME : id),
    protocolUrl: merged.protocolUrl ?? DEFAULT_PROTOCOL_URL,
    dmPolicy: merged.dmPolicy ?? DEFAULT_DM_POLICY,
    allowFrom: (merged.allowFrom ?? []).map(String),
    autoAccept: merged.autoAccept ?? DEFAULT_AUTO_ACCEPT,
    backlog: merged.backlog ?? DEFAULT_BACKLOG,
    turnBudget: resolveTurnBudget(DEFAULT_TURN_BUDGET, root.turnBudget, own?.turnBudget),
    replyToMode: merged.replyToMode ?? DEFAULT_REPLY_TO_MODE,
    contacts: merged.contacts ?? {},
    strings: { ...inherited.strings, ...own?.strings },
    mnemonic: resolveMnemonic(merged.mnemonic),
  };
}
