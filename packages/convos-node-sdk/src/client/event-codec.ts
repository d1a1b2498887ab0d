import * as z from "zod";
import { ConvosError } from "../errors.ts";

/** Bytes as they are while an event waits on disk. */
const bytes = z
  .string()
  .transform((text): Uint8Array => new Uint8Array(Buffer.from(text, "base64")));
const inboxIds = z.array(z.string()).readonly();

const remoteFile = {
  url: z.string(),
  contentDigest: z.string(),
  secret: bytes,
  salt: bytes,
  nonce: bytes,
  filename: z.string().optional(),
  contentLength: z.number().optional(),
};

const Content = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message"), text: z.string(), replyTo: z.string().optional() }),
  z.object({
    type: z.literal("reaction"),
    emoji: z.string(),
    targetId: z.string(),
    removed: z.boolean(),
  }),
  z.object({
    type: z.literal("attachment"),
    filename: z.string().optional(),
    mimeType: z.string().optional(),
    bytes,
    replyTo: z.string().optional(),
  }),
  z.object({
    type: z.literal("remote_attachment"),
    ...remoteFile,
    replyTo: z.string().optional(),
  }),
  /** Several files in one message. */
  z.object({
    type: z.literal("remote_attachments"),
    files: z.array(z.object(remoteFile)).readonly(),
    replyTo: z.string().optional(),
  }),
  z.object({ type: z.literal("members_changed"), added: inboxIds, removed: inboxIds }),
  z.object({
    type: z.literal("conversation_updated"),
    field: z.enum(["name", "description", "image", "metadata", "permissions"]),
  }),
  z.object({ type: z.literal("profile_changed"), inboxId: z.string() }),
  z.object({ type: z.literal("joined") }),
  /** After a restore: a group that may be a conversation of ours, or a stranger's. Nothing happens in it until somebody says. */
  z.object({ type: z.literal("restore_offered") }),
  /** More people asked to join within the hour than may: they wait. At most once an hour. */
  z.object({ type: z.literal("joins_waiting") }),
  /** Far more people asked to join than may: all invites so far were ended, and whoever made them has to hear of it. */
  z.object({ type: z.literal("invites_revoked") }),
  z.object({
    type: z.literal("join_failed"),
    joinId: z.string(),
    errorType: z.enum([
      "conversation_expired",
      "conversation_not_found",
      "consent_not_allowed",
      "generic_failure",
    ]),
  }),
  z.object({ type: z.literal("ended"), how: z.enum(["removed", "left", "exploded"]) }),
]);

/** What happened. Texts, names and emojis are any text at all. */
export type EventContent = z.infer<typeof Content>;

const Stored = z.object({
  conversationId: z.string(),
  direct: z.boolean().optional(),
  senderInboxId: z.string(),
  messageId: z.string(),
  sentAtMs: z.number(),
  receivedAtMs: z.number(),
  content: Content,
});

/** An event without its number. */
export type StoredEvent = z.infer<typeof Stored>;

export function encodeEvent(event: StoredEvent): Uint8Array {
  return Buffer.from(JSON.stringify(withTextForBytes(event)), "utf8");
}

/** Not by a replacer of JSON: bytes of the native module may be a Buffer, which has made JSON of itself before one is asked. */
function withTextForBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(withTextForBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]: [string, unknown]) => [name, withTextForBytes(each)]),
  );
}

/** @throws ConvosError `state_unreadable`. */
export function decodeEvent(stored: Uint8Array): StoredEvent {
  const parsed = Stored.safeParse(JSON.parse(Buffer.from(stored).toString("utf8")));
  if (!parsed.success)
    throw new ConvosError("state_unreadable", "store: an event has another form");
  return parsed.data;
}
