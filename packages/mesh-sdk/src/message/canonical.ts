import { hash } from "node:crypto";
import type { MeshMessage } from "./message.ts";

/** What a signature covers. */
export type SignedFields = Pick<
  MeshMessage,
  "messageId" | "channelId" | "senderId" | "body" | "payloadText" | "timestamp"
>;

/**
 * The text that a reference signature covers (section 1.3): compact JSON, six names in this order. A payload is in it as a
 * string that holds JSON, so its own names keep their order.
 */
export function canonicalText(fields: SignedFields): string {
  return JSON.stringify({
    body: fields.body,
    channel_id: fields.channelId,
    message_id: fields.messageId,
    payload: fields.payloadText,
    sender_id: fields.senderId,
    timestamp: fields.timestamp,
  });
}

/**
 * A parsed payload as the canonical text has it: what JavaScript writes for what JavaScript read, so numbers and escapes
 * are rewritten and names that look like whole numbers come first. Null when there is none.
 */
export function payloadTextOf(payload: unknown): string | null {
  return payload === undefined || payload === null ? null : JSON.stringify(payload);
}

/** SHA-256 of the UTF-8 of a text, 32 bytes. */
export function sha256Of(text: string | Uint8Array): Uint8Array {
  return hash("sha256", text, "buffer");
}
