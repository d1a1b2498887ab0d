// `channels.convos`. The keys and defaults of the table in docs/channels/convos.md are promises to users.
import { dmAccessShape, refineDmAccess } from "channel-access/cold";
import type { ChannelNames } from "channel-kit/cold";
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import {
  AllowFromListSchema,
  buildGroupEntrySchema,
  GroupPolicySchema,
} from "openclaw/plugin-sdk/channel-config-schema";
import { buildSecretInputSchema } from "openclaw/plugin-sdk/secret-input";
import * as z from "zod";
import { chatStringsSchema } from "./strings.ts";

export const CHANNEL_ID = "convos";
/** How the shared rooms call this channel. */
export const CONVOS: ChannelNames = { id: CHANNEL_ID, label: "Convos", network: "XMTP network" };
export const DEFAULT_ENV = "production";
export const DEFAULT_DM_POLICY = "pairing";
export const DEFAULT_GROUP_POLICY = "allowlist";
/** How people in a conversation see the agent, and the word that calls it, unless it has a name of its own. */
export const DEFAULT_NAME = "OpenClaw";
/** Turns that one person may cause in ten minutes, and all people of an account in an hour. */
export const DEFAULT_TURN_BUDGET = { perPerson: 30, perAccount: 200 };
/** Turns that other agents together may cause in one conversation, in ten minutes. What they write beyond is not kept. */
export const AGENT_TURNS = { turns: 5, windowMs: 10 * 60_000 };

/** What the app shows of a name; longer ones are cut by the others. */
const MAX_NAME_CHARACTERS = 50;
const MAX_TURN_BUDGET = 100_000;
const MAX_EMOJI_CHARACTERS = 32;

// No control characters: these names reach terminals. (A pattern, not a refinement, so that the manifest has it too.)
// eslint-disable-next-line no-control-regex
const PRINTABLE = /^(?=.*\S)[^\u0000-\u001f\u007f]+$/;

/** https anywhere, plain http to this machine only: the node sees who talks when. */
const NODE_URL =
  /^(?:https:\/\/[^\s@]+|http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:\/\S*)?)$/i;

const CONVERSATION_ID = /^[0-9a-f]{32}$/;
const CONVERSATION_KEY = /^(?:[0-9a-f]{32}|\*)$/;

/** In the form to which OpenClaw folds account ids. */
const ACCOUNT_KEY = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/**
 * The host's rules of one conversation: `requireMention` (default: once there are two other members), `enabled`, `allowFrom`
 * (heard here, beside `groupAllowFrom`), `tools` and `toolsBySender`.
 */
const groupSchema = buildGroupEntrySchema({}, { omit: ["skills", "systemPrompt"] });

const accountShape = {
  enabled: z.boolean().optional(),
  name: z.string().regex(PRINTABLE).max(MAX_NAME_CHARACTERS).optional(),
  mnemonic: buildSecretInputSchema().optional(),
  privateKey: buildSecretInputSchema().optional(),
  env: z.enum(["production", "dev", "local"]).optional(),
  apiUrl: z.string().regex(NODE_URL, "expected https, or http to this machine").optional(),
  ownerConversationId: z
    .string()
    .regex(CONVERSATION_ID, "expected 32 hexadecimal characters")
    .optional(),
  ...dmAccessShape,
  groupPolicy: GroupPolicySchema.optional(),
  groupAllowFrom: AllowFromListSchema,
  groups: z.record(z.string().regex(CONVERSATION_KEY), groupSchema).optional(),
  turnBudget: z
    .strictObject({
      perPerson: z.int().min(1).max(MAX_TURN_BUDGET).optional(),
      perAccount: z.int().min(1).max(MAX_TURN_BUDGET).optional(),
    })
    .optional(),
  ackReaction: z.string().max(MAX_EMOJI_CHARACTERS).optional(),
  strings: chatStringsSchema.optional(),
  debug: z.boolean().optional(),
};

const ConvosAccountSchema = z.strictObject(accountShape);

/** One account as configured; everything is optional. */
export type ConvosAccountConfig = z.infer<typeof ConvosAccountSchema>;

/** Rules of one conversation. */
export type ConversationRules = z.infer<typeof groupSchema>;

const SectionSchema = z.strictObject({
  ...accountShape,
  accounts: z
    .record(
      // Names that are special to JavaScript stand for the default account in the host.
      z
        .string()
        .regex(ACCOUNT_KEY)
        .refine((key) => normalizeAccountId(key) === key),
      ConvosAccountSchema,
    )
    .optional(),
});

/** The account named `default` is the section itself; what it says holds for the others unless they say otherwise. */
export const ConvosConfigSchema = SectionSchema.superRefine((section, context) => {
  const refine = refineDmAccess(CHANNEL_ID, DEFAULT_DM_POLICY);
  refine(section, context);
  for (const account of Object.values(section.accounts ?? {})) {
    refine({ ...section, ...account }, context);
  }
});
