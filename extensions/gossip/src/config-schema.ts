// `channels.gossip`. The keys and defaults of the table in docs/channels/gossip.md are promises to users.
import { dmAccessShape, refineDmAccess } from "channel-access/cold";
import { createChatStringsSchema, createUiHints, once, type ChannelNames } from "channel-kit/cold";
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import { buildSecretInputSchema } from "openclaw/plugin-sdk/secret-input";
import * as z from "zod";

export const CHANNEL_ID = "gossip";
/** How the shared rooms call this channel. */
export const GOSSIP: ChannelNames = { id: CHANNEL_ID, label: "Gossip", network: "relay" };
export const DEFAULT_USERNAME = "openclaw";
export const DEFAULT_PROTOCOL_URL = "https://api.usegossip.com/api";
export const DEFAULT_DM_POLICY = "pairing";
export const DEFAULT_AUTO_ACCEPT = "all";
export const DEFAULT_BACKLOG = "each";
/** Turns that one person may cause in ten minutes, and all people of an account in an hour. */
export const DEFAULT_TURN_BUDGET = { perPerson: 30, perAccount: 200 };
export const DEFAULT_REPLY_TO_MODE = "first";

/** A user name goes out in announcements; the official app allows 35 characters, the protocol any number. */
const MAX_NAME_CHARACTERS = 64;

/** One emoji; families of several people are the longest. */
const MAX_EMOJI_CHARACTERS = 32;

// No control characters: these names reach terminals. (A pattern, not a refinement, so that the manifest has it too.)
// eslint-disable-next-line no-control-regex
const PRINTABLE = /^(?=.*\S)[^\u0000-\u001f\u007f]+$/;

/** https anywhere, plain http to this machine only: the relay sees who writes when. */
const RELAY_URL =
  /^(?:https:\/\/[^\s@]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:\/\S*)?)$/i;

const MAX_TURN_BUDGET = 100_000;

/** In the form to which OpenClaw folds account ids. */
const ACCOUNT_KEY = /^[a-z0-9][a-z0-9_-]{0,31}$/;

function createSchemas() {
  const accountShape = {
    enabled: z.boolean().optional(),
    name: z.string().regex(PRINTABLE).max(MAX_NAME_CHARACTERS).optional(),
    mnemonic: buildSecretInputSchema().optional(),
    username: z.string().regex(PRINTABLE).max(MAX_NAME_CHARACTERS).optional(),
    protocolUrl: z.string().regex(RELAY_URL, "expected https, or http to this machine").optional(),
    ...dmAccessShape,
    autoAccept: z.enum(["all", "allowed"]).optional(),
    backlog: z.enum(["each", "merge"]).optional(),
    turnBudget: z
      .strictObject({
        perPerson: z.int().min(1).max(MAX_TURN_BUDGET).optional(),
        perAccount: z.int().min(1).max(MAX_TURN_BUDGET).optional(),
      })
      .optional(),
    ackReaction: z.string().max(MAX_EMOJI_CHARACTERS).optional(),
    replyToMode: z.enum(["off", "first", "all", "batched"]).optional(),
    contacts: z.record(z.string().regex(PRINTABLE).max(MAX_NAME_CHARACTERS), z.string()).optional(),
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
  return { account, section };
}
type Schemas = ReturnType<typeof createSchemas>;

/** One account as configured; everything is optional. */
export type GossipAccountConfig = z.infer<Schemas["account"]>;

/** How messages are answered that waited while the gateway was down. */
export type Backlog = NonNullable<GossipAccountConfig["backlog"]>;

/** The account named `default` is the section itself; what it says holds for the others unless they say otherwise. */
export const gossipConfigSchema = once(() =>
  createSchemas().section.superRefine((section, context) => {
    const refine = refineDmAccess(CHANNEL_ID, DEFAULT_DM_POLICY);
    refine(section, context);
    for (const account of Object.values(section.accounts ?? {})) {
      refine({ ...section, ...account }, context);
    }
  }),
);

/** Labels and help for forms. `mnemonic` is masked wherever the host shows configuration. */
export const gossipUiHints = createUiHints({
  enabled: { label: "Enabled", help: "Whether the channel runs.", order: 1 },
  name: { label: "Account label", help: "How OpenClaw lists this account.", order: 2 },
  username: {
    label: "Username",
    help: "Name that people see when the bot writes to them; also names its folder under sessions/gossip.",
    placeholder: DEFAULT_USERNAME,
    order: 3,
  },
  mnemonic: {
    label: "Recovery phrase",
    help: "12 to 24 BIP39 words, best as a secret reference. Leave empty to let the first start create an identity.",
    sensitive: true,
    order: 4,
  },
  dmPolicy: {
    label: "Who may write",
    help: "pairing: unknown people get a code. allowlist: only the listed ids. open: everybody. disabled: nobody.",
    placeholder: DEFAULT_DM_POLICY,
    order: 5,
  },
  allowFrom: {
    label: "Allowed user ids",
    help: 'Gossip user ids. "*" is for the policy open only.',
    placeholder: "gossip1...",
    order: 6,
  },
  autoAccept: {
    label: "Accept contact requests of",
    help: "all: of everybody, so that a pairing code can reach them. allowed: of allowed people only.",
    placeholder: DEFAULT_AUTO_ACCEPT,
    advanced: true,
    order: 7,
  },
  protocolUrl: {
    label: "Relay address",
    help: "Base address of the Gossip API, with /api. https, or http to this machine.",
    placeholder: DEFAULT_PROTOCOL_URL,
    advanced: true,
    order: 8,
  },
  backlog: {
    label: "Messages of an absence",
    help: "each: every message that waited while the gateway was down gets its own answer. merge: one answer per person.",
    placeholder: DEFAULT_BACKLOG,
    advanced: true,
    order: 9,
  },
  "turnBudget.perPerson": {
    label: "Answers per person",
    help: "Turns of the agent that one person may cause within ten minutes; further messages wait.",
    placeholder: String(DEFAULT_TURN_BUDGET.perPerson),
    advanced: true,
    order: 10,
  },
  "turnBudget.perAccount": {
    label: "Answers in all",
    help: "Turns of the agent that all people together may cause within an hour; further messages wait.",
    placeholder: String(DEFAULT_TURN_BUDGET.perAccount),
    advanced: true,
    order: 11,
  },
  ackReaction: {
    label: "Reaction on receipt",
    help: "Emoji set on a message that is being answered. Empty: none. Default: messages.ackReaction.",
    placeholder: "👀",
    advanced: true,
    order: 12,
  },
  replyToMode: {
    label: "Cite the answered message",
    help: "first: the first bubble of an answer cites it. all: every one. off: none.",
    placeholder: DEFAULT_REPLY_TO_MODE,
    advanced: true,
    order: 13,
  },
  contacts: {
    label: "Names for people",
    help: "Your own names for user ids, usable as targets. Names that people give themselves are not.",
    advanced: true,
    order: 14,
  },
  strings: {
    label: "Texts that people see",
    help: "In your language: senderIdLine ({id} is the reader's id), approved, ownerWelcome and budgetUsedUp.",
    advanced: true,
    order: 15,
  },
});
