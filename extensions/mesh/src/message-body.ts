// What the outbox keeps of ours: texts, and files with what is said about them.
import * as z from "zod";
import { tryParsePeerId } from "./targets.ts";

/** Others choose the ids of their messages; this is what may stand in a context that the agent reads. */
const MESSAGE_ID = /^[A-Za-z0-9._~:=+/-]{1,128}$/;

const head = {
  /** Why it goes out: an answer or notice, the operator's own word, or a stranger's pairing code. */
  purpose: z.enum(["message", "operator", "pairing"]),
  /** Peer id, or channel id. */
  to: z.string().min(1),
  /** In a channel: the peer whom it answers. It does not go out when that one is not heard any more. */
  askedBy: z.string().optional(),
  text: z.string(),
  replyToId: z.string().regex(MESSAGE_ID).optional(),
};

const MeshMessageBodySchema = z.strictObject({
  ...head,
  /** A file with all its bytes; the text is what is said about it. */
  file: z
    .strictObject({ name: z.string().min(1), mimeType: z.string().min(1), bytes: z.base64() })
    .optional(),
});

/** One message of ours, as the outbox keeps it. */
export type MeshMessageBody = z.infer<typeof MeshMessageBodySchema>;
export type OutgoingFile = NonNullable<MeshMessageBody["file"]>;

/** The id of a message in a text; undefined for anything that could say more than an id. */
export function tryParseMessageId(text: string): string | undefined {
  return MESSAGE_ID.test(text) ? text : undefined;
}

/** Reads a body back from the outbox. @throws ZodError on anything that this version did not write. */
export function parseMeshMessageBody(value: unknown): MeshMessageBody {
  return MeshMessageBodySchema.parse(value);
}

/** Whom a message in a channel answers, when it answers somebody. @param senderId - As OpenClaw knows him. */
export function toAsker(
  to: string,
  senderId: string | undefined,
): Pick<MeshMessageBody, "askedBy"> {
  const isInChannel = tryParsePeerId(to) === undefined;
  const askedBy = senderId === undefined ? undefined : tryParsePeerId(senderId);
  return isInChannel && askedBy !== undefined ? { askedBy } : {};
}

/** @param replyToId - Message of this conversation that is answered. What is no message id is left out. */
export function createMessageBody(
  to: string,
  text: string,
  replyToId?: string | null,
): MeshMessageBody {
  const cited = tryParseMessageId(replyToId ?? "");
  return { purpose: "message", to, text, ...(cited === undefined ? {} : { replyToId: cited }) };
}
