// `channels.mesh`. The keys and defaults of the table in docs/channels/mesh.md are promises to users.
import { dmAccessShape, refineDmAccess } from "channel-access/cold";
import { createChatStringsSchema, once, type ChannelNames } from "channel-kit/cold";
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import {
  AllowFromListSchema,
  buildGroupEntrySchema,
  ChannelBotLoopProtectionSchema,
  GroupPolicySchema,
} from "openclaw/plugin-sdk/channel-config-schema";
import { buildSecretInputSchema } from "openclaw/plugin-sdk/secret-input";
import * as z from "zod";

export const CHANNEL_ID = "mesh";
/** How the shared rooms call this channel. */
export const MESH: ChannelNames = {
  id: CHANNEL_ID,
  label: "Mesh",
  network: "mesh",
  app: "a peer of yours",
};
/** The word that calls the agent in a channel, and how it shows itself, unless it has a name of its own. */
export const DEFAULT_NAME = "OpenClaw";
/** The one channel that every peer of the reference listens to. */
export const DEFAULT_CHANNELS = ["lobby"];
export const DEFAULT_LISTEN_HOST = "127.0.0.1";
export const DEFAULT_DM_POLICY = "pairing";
export const DEFAULT_GROUP_POLICY = "allowlist";
export const DEFAULT_BACKLOG = "each";
export const DEFAULT_REPLY_TO_MODE = "first";
export const DEFAULT_RETENTION_DAYS = 30;
/** Turns that one peer may cause in ten minutes, and all peers of an account in an hour. */
export const DEFAULT_TURN_BUDGET = { perPerson: 30, perAccount: 200 };
/** Messages to the agent that others than owners may write in one conversation. What they write beyond is not kept. */
export const DEFAULT_LOOP_BUDGET = { messages: 20, minutes: 10 };

const MAX_NAME_CHARACTERS = 50;
const MAX_BUDGET = 100_000;
const MAX_MINUTES = 24 * 60;
const MAX_RETENTION_DAYS = 3650;
const MAX_CHANNELS = 100;
const MAX_PEERS = 64;
const MAX_PORT = 65_535;

// No control characters: these names reach terminals. (A pattern, not a refinement, so that the manifest has it too.)
// eslint-disable-next-line no-control-regex
const PRINTABLE = /^(?=.*\S)[^\u0000-\u001f\u007f]+$/;

/** https anywhere, plain http to this machine only: whoever can change the list chooses the neighbors. */
const LIST_URL =
  /^(?:https:\/\/[^\s@]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:\/\S*)?)$/i;

const PEER_URL = /^wss?:\/\/[^\s@]+$/i;

const PEER_ID = /^[A-Za-z0-9_-]{43}$/;

/** A group channel, by its exact id. The prefixes are those of direct messages; a key would name a peer. */
const GROUP_CHANNEL =
  // eslint-disable-next-line no-control-regex
  /^(?!dm:|dm1-|box1-|\*$|[A-Za-z0-9_-]{43}$)[^\s\u0000-\u001f\u007f-\u009f]{1,64}$/;
// eslint-disable-next-line no-control-regex
const GROUP_KEY = /^(?!dm:|dm1-|box1-)[^\s\u0000-\u001f\u007f-\u009f]{1,64}$/;

/** In the form to which OpenClaw folds account ids. */
const ACCOUNT_KEY = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** Whether a text is the id of a group channel that one may listen to. */
export function isGroupChannel(text: string): boolean {
  return GROUP_CHANNEL.test(text);
}

function createSchemas() {
  /**
   * The host's rules of one channel: `requireMention` (default true), `enabled`, `allowFrom` (heard here, beside
   * `groupAllowFrom`), `tools` and `toolsBySender`.
   */
  const group = buildGroupEntrySchema({}, { omit: ["skills", "systemPrompt"] });
  const accountShape = {
    enabled: z.boolean().optional(),
    name: z.string().regex(PRINTABLE).max(MAX_NAME_CHARACTERS).optional(),
    mnemonic: buildSecretInputSchema().optional(),
    channels: z.array(z.string().regex(GROUP_CHANNEL)).max(MAX_CHANNELS).optional(),
    listen: z
      .strictObject({
        host: z.string().min(1).max(255).optional(),
        port: z.int().min(0).max(MAX_PORT),
        publicHosts: z.array(z.string().min(1).max(255)).max(MAX_PEERS).optional(),
        allowedOrigins: z
          .array(z.url({ protocol: /^https?$/ }))
          .max(MAX_PEERS)
          .optional(),
      })
      .optional(),
    peers: z
      .array(z.string().regex(PEER_URL, "expected wss:// or ws://"))
      .max(MAX_PEERS)
      .optional(),
    bootstrapUrl: z.string().regex(LIST_URL, "expected https, or http to this machine").optional(),
    bootstrapSigner: z.string().regex(PEER_ID, "expected a peer id of 43 characters").optional(),
    allowPrivateAddresses: z.boolean().optional(),
    allowUnverified: z.boolean().optional(),
    plainPeers: z.array(z.string().regex(PEER_ID)).max(MAX_PEERS).optional(),
    retentionDays: z.int().min(1).max(MAX_RETENTION_DAYS).optional(),
    ...dmAccessShape,
    groupPolicy: GroupPolicySchema.optional(),
    groupAllowFrom: AllowFromListSchema,
    groups: z.record(z.string().regex(GROUP_KEY), group).optional(),
    backlog: z.enum(["each", "merge"]).optional(),
    turnBudget: z
      .strictObject({
        perPerson: z.int().min(1).max(MAX_BUDGET).optional(),
        perAccount: z.int().min(1).max(MAX_BUDGET).optional(),
      })
      .optional(),
    loopBudget: z
      .strictObject({
        messages: z.int().min(0).max(MAX_BUDGET).optional(),
        minutes: z.int().min(1).max(MAX_MINUTES).optional(),
      })
      .optional(),
    botLoopProtection: ChannelBotLoopProtectionSchema.optional(),
    replyToMode: z.enum(["off", "first", "all", "batched"]).optional(),
    strings: createChatStringsSchema().optional(),
  };
  const account = z.strictObject(accountShape);
  const accountKey = z
    .string()
    .regex(ACCOUNT_KEY)
    // Names that are special to JavaScript stand for the default account in the host.
    .refine((key) => normalizeAccountId(key) === key);
  const section = z.strictObject({
    ...accountShape,
    accounts: z.record(accountKey, account).optional(),
  });
  return { account, group, section };
}
type Schemas = ReturnType<typeof createSchemas>;

/** One account as configured; everything is optional. */
export type MeshAccountConfig = z.infer<Schemas["account"]>;

/** Rules of one channel. */
export type GroupRules = z.infer<Schemas["group"]>;

/** How messages are answered that waited while the gateway was down. */
export type Backlog = NonNullable<MeshAccountConfig["backlog"]>;

/** The account named `default` is the section itself; what it says holds for the others unless they say otherwise. */
export const meshConfigSchema = once(() =>
  createSchemas().section.superRefine((section, context) => {
    const refine = refineDmAccess(CHANNEL_ID, DEFAULT_DM_POLICY);
    refine(section, context);
    refineChannels(section, [], context);
    for (const [id, account] of Object.entries(section.accounts ?? {})) {
      refine({ ...section, ...account }, context);
      refineChannels(account, ["accounts", id], context);
    }
  }),
);

/** OpenClaw folds the case of ids in session keys: two channels that differ in nothing else would share one session. */
function refineChannels(
  { channels = [] }: Pick<MeshAccountConfig, "channels">,
  path: readonly string[],
  context: z.RefinementCtx,
): void {
  const folded = channels.map((id) => id.toLowerCase());
  if (new Set(folded).size === folded.length) return;
  context.addIssue({
    code: "custom",
    path: [...path, "channels"],
    message: "two channels have the same name but for its case",
  });
}
