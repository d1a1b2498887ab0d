// What the outbox keeps of ours: texts, files, and reactions to messages that are already there.
import * as z from "zod";
import { tryParseInboxId } from "./targets.ts";

const MESSAGE_ID_HEX = /^[0-9a-f]{64}$/;

const head = {
  /** Why it goes out: an answer or notice, the operator's own word, or a stranger's pairing code. */
  purpose: z.enum(["message", "operator", "pairing"]),
  /** Conversation id. */
  to: z.string().min(1),
  /** Inbox id of the one whom it answers: it does not go out when he is not heard any more. */
  askedBy: z.string().optional(),
};
const citedId = z.string().regex(MESSAGE_ID_HEX);

const TextBodySchema = z.strictObject({
  ...head,
  text: z.string(),
  replyToId: citedId.optional(),
});
const ReactionBodySchema = z.strictObject({
  ...head,
  citedId,
  emoji: z.string().min(1),
  remove: z.boolean(),
});
/** A file with all its bytes, and what is said about it, which follows it as a message of its own. */
const FileBodySchema = z.strictObject({
  ...head,
  file: z.strictObject({ name: z.string().min(1), mimeType: z.string().min(1), bytes: z.base64() }),
  text: z.string(),
  replyToId: citedId.optional(),
});
const ConvosMessageBodySchema = z.union([TextBodySchema, ReactionBodySchema, FileBodySchema]);

export type ConvosTextBody = z.infer<typeof TextBodySchema>;

/** One message of ours, as the outbox keeps it. */
export type ConvosMessageBody = z.infer<typeof ConvosMessageBodySchema>;

/** The id of a message in a text; undefined for anything else. */
export function tryParseMessageId(text: string): string | undefined {
  return MESSAGE_ID_HEX.test(text) ? text : undefined;
}

/** Reads a body back from the outbox. @throws ZodError on anything that this version did not write. */
export function parseConvosMessageBody(value: unknown): ConvosMessageBody {
  return ConvosMessageBodySchema.parse(value);
}

/** Whom a message answers, when it answers somebody. @param senderId - As OpenClaw knows him. */
export function toAsker(senderId: string | undefined): Pick<ConvosMessageBody, "askedBy"> {
  const askedBy = senderId === undefined ? undefined : tryParseInboxId(senderId);
  return askedBy === undefined ? {} : { askedBy };
}

/** @param replyToId - Message of this conversation that is answered. What is no message id is left out. */
export function createMessageBody(
  to: string,
  text: string,
  replyToId?: string | null,
): ConvosTextBody {
  return {
    purpose: "message",
    to,
    text,
    ...(typeof replyToId === "string" && MESSAGE_ID_HEX.test(replyToId) ? { replyToId } : {}),
  };
}
