import {
  findConfiguredAccount,
  listConfiguredAccounts,
  resolveMnemonic,
  type ChannelAccount,
  type SectionRules,
} from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  CHANNEL_ID,
  DEFAULT_BACKLOG,
  DEFAULT_CHANNELS,
  DEFAULT_DM_POLICY,
  DEFAULT_GROUP_POLICY,
  DEFAULT_LISTEN_HOST,
  DEFAULT_LOOP_BUDGET,
  DEFAULT_NAME,
  DEFAULT_REPLY_TO_MODE,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_TURN_BUDGET,
  meshConfigSchema,
  type Backlog,
  type GroupRules,
  type MeshAccountConfig,
} from "./config-schema.ts";
import { pickKnown, type KnownKeys } from "./known-keys.ts";
import type { ChatStringOverrides } from "./strings.ts";

type Configured<K extends keyof MeshAccountConfig> = NonNullable<MeshAccountConfig[K]>;

/** Address and port where others may dial in. */
interface ListenPlace {
  readonly host: string;
  readonly port: number;
  readonly publicHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
}

export interface ResolvedMeshAccount extends ChannelAccount {
  /** How others see the bot, and the word that calls it. */
  readonly name: string;
  readonly channels: readonly string[];
  /** Undefined: nobody dials in. */
  readonly listen: ListenPlace | undefined;
  readonly peers: readonly string[];
  readonly bootstrapUrl: string | undefined;
  readonly bootstrapSigner: string | undefined;
  readonly allowPrivateAddresses: boolean;
  readonly allowUnverified: boolean;
  /** Peers of the reference to whom direct messages go in plain text. */
  readonly plainPeers: readonly string[];
  readonly retentionDays: number;
  readonly dmPolicy: Configured<"dmPolicy">;
  readonly allowFrom: readonly string[];
  readonly groupPolicy: Configured<"groupPolicy">;
  readonly groupAllowFrom: readonly string[];
  /** Rules by channel id, and `*` for the others. */
  readonly groups: Readonly<Record<string, GroupRules>>;
  readonly backlog: Backlog;
  /** Turns that one peer may cause in ten minutes, and all peers in an hour. */
  readonly turnBudget: { readonly perPerson: number; readonly perAccount: number };
  /** Messages to the agent that others than owners may write in one conversation, and in how many minutes. */
  readonly loopBudget: { readonly messages: number; readonly minutes: number };
  /** For OpenClaw's own guard; what is not said is as `channels.defaults` has it. */
  readonly botLoopProtection: KnownKeys<Configured<"botLoopProtection">>;
  readonly replyToMode: Configured<"replyToMode">;
  readonly strings: ChatStringOverrides;
}

const RULES: SectionRules<MeshAccountConfig> = {
  channelId: CHANNEL_ID,
  schema: meshConfigSchema,
  // Two accounts cannot listen at one port.
  inherit: ({ mnemonic: _mnemonic, name: _name, listen: _listen, ...inherited }) => inherited,
};

/** Account ids in `channels.mesh`, see {@link listConfiguredAccounts}. */
export function listMeshAccountIds(cfg: OpenClawConfig): string[] {
  return listConfiguredAccounts(RULES, cfg);
}

/**
 * The account with every default filled in. A named account inherits the section's neighbors and access rules, never its
 * identity or its port: `mnemonic`, `name` and `listen` at the top belong to the account `default`.
 *
 * @param cfg - The configuration as the host resolved it.
 * @param env - `MESH_BOOTSTRAP_URL`, as the reference peer reads it, where the configuration names no list.
 * @throws MeshChannelError `config_invalid`, naming the keys and never their values.
 */
export function resolveMeshAccount(
  cfg: OpenClawConfig,
  accountId?: string | null,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedMeshAccount {
  const found = findConfiguredAccount(RULES, cfg, accountId);
  const { accountId: id, configured, inherited, merged, own, root } = found;
  return {
    accountId: id,
    name: merged.name ?? DEFAULT_NAME,
    configured,
    enabled: configured && root.enabled === true && merged.enabled !== false,
    // Names the folder of the account; others never see it.
    username: id,
    mnemonic: resolveMnemonic(merged.mnemonic),
    channels: merged.channels ?? DEFAULT_CHANNELS,
    listen: resolveListen(merged.listen),
    peers: merged.peers ?? [],
    bootstrapUrl: merged.bootstrapUrl ?? readListUrl(env),
    bootstrapSigner: merged.bootstrapSigner,
    allowPrivateAddresses: merged.allowPrivateAddresses ?? false,
    allowUnverified: merged.allowUnverified ?? false,
    plainPeers: merged.plainPeers ?? [],
    retentionDays: merged.retentionDays ?? DEFAULT_RETENTION_DAYS,
    dmPolicy: merged.dmPolicy ?? DEFAULT_DM_POLICY,
    allowFrom: (merged.allowFrom ?? []).map(String),
    groupPolicy: merged.groupPolicy ?? DEFAULT_GROUP_POLICY,
    groupAllowFrom: (merged.groupAllowFrom ?? []).map(String),
    groups: merged.groups ?? {},
    backlog: merged.backlog ?? DEFAULT_BACKLOG,
    turnBudget: {
      ...DEFAULT_TURN_BUDGET,
      ...pickKnown(root.turnBudget),
      ...pickKnown(own?.turnBudget),
    },
    loopBudget: {
      ...DEFAULT_LOOP_BUDGET,
      ...pickKnown(root.loopBudget),
      ...pickKnown(own?.loopBudget),
    },
    botLoopProtection: pickKnown(merged.botLoopProtection),
    replyToMode: merged.replyToMode ?? DEFAULT_REPLY_TO_MODE,
    strings: { ...inherited.strings, ...own?.strings },
  };
}

/** Where the account meets others, in one line for lists. */
export function describeNetwork({
  bootstrapUrl,
  listen,
  peers,
}: Pick<ResolvedMeshAccount, "bootstrapUrl" | "listen" | "peers">): string {
  if (bootstrapUrl !== undefined) return bootstrapUrl;
  const [first] = peers;
  if (first !== undefined)
    return peers.length === 1 ? first : `${first} and ${peers.length - 1} more`;
  return listen === undefined ? "no peers" : `listens at ${listen.host}:${listen.port}`;
}

function resolveListen(listen: MeshAccountConfig["listen"]): ListenPlace | undefined {
  if (listen === undefined) return undefined;
  const { allowedOrigins = [], host = DEFAULT_LISTEN_HOST, port, publicHosts = [] } = listen;
  return { host, port, publicHosts, allowedOrigins };
}

function readListUrl(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const bootstrapUrl = env["MESH_BOOTSTRAP_URL"];
  if (bootstrapUrl === undefined || bootstrapUrl === "") return undefined;
  return meshConfigSchema().safeParse({ bootstrapUrl }).success ? bootstrapUrl : undefined;
}
