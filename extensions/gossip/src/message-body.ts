// What the outbox keeps of ours: texts, and what we do to a message that is already there.
import * as z from "zod";

/** As docs/protocol/gossip.md has it. */
export const MESSAGE_ID_BYTES = 12;
const MESSAGE_ID_HEX = /^[0-9a-f]{24}$/;

const head = {
  /**
   * Why it goes out: an answer or notice, the operator's own word to anybody, a stranger's pairing code, or an answer to a
   * stranger whom an open policy lets in.
   */
  purpose: z.enum(["message", "operator", "pairing", "stranger"]),
  to: z.string().min(1),
};
const citedId = z.string().regex(MESSAGE_ID_HEX);

const TextBodySchema = z.strictObject({
  ...head,
  text: z.string(),
  replyToId: citedId.optional(),
});
const SignalBodySchema = z.discriminatedUnion("signal", [
  z.strictObject({ ...head, signal: z.literal("reaction"), citedId, emoji: z.string().min(1) }),
  z.strictObject({ ...head, signal: z.literal("edit"), citedId, text: z.string() }),
  /** Takes back a message, or a reaction by the reaction's own id. */
  z.strictObject({ ...head, signal: z.literal("unsend"), citedId }),
]);
const GossipMessageBodySchema = z.union([TextBodySchema, SignalBodySchema]);

export type GossipTextBody = z.infer<typeof TextBodySchema>;

/** One message of ours, as the outbox keeps it. */
export type GossipMessageBody = z.infer<typeof GossipMessageBodySchema>;

/** Reads a body back from the outbox. @throws ZodError on anything that this version did not write. */
export function parseGossipMessageBody(value: unknown): GossipMessageBody {
  return GossipMessageBodySchema.parse(value);
}

/** Whether a text is the id of a message. A contact request is shown to the agent under an id that is none. */
export function isMessageId(text: string): boolean {
  return MESSAGE_ID_HEX.test(text);
}

/**
 * @param replyToId - Message of this conversation that is answered. What is no message id (a contact request has
 * none) cannot be cited and is left out.
 */
export function createMessageBody(
  to: string,
  text: string,
  replyToId?: string | null,
): GossipTextBody {
  return {
    purpose: "message",
    to,
    text,
    ...(typeof replyToId === "string" && isMessageId(replyToId) ? { replyToId } : {}),
  };
}
