import * as z from "zod";
import { toHex, utf8Bytes } from "../codec/bytes.ts";
import { GossipError } from "../errors.ts";
import { parseUserId, type GossipUserId } from "../identity/user-id.ts";
import type { InboundEvent } from "./step.ts";

/** An event as it waits for its consumer, with who sent it and when. */
export interface StoredEvent {
  readonly peer: GossipUserId;
  /** The sender's clock. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly event: InboundEvent;
}

const userId = z.string().transform((text) => parseUserId(text));
const messageId = z
  .string()
  .regex(/^[0-9a-f]{24}$/u)
  .transform((text): Uint8Array => Uint8Array.from(Buffer.from(text, "hex")));

const inboundEvent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("message"),
    messageId,
    text: z.string(),
    replyTo: messageId.exactOptional(),
    forwarded: z.object({ text: z.string(), author: userId }).exactOptional(),
  }),
  z.object({ type: z.literal("reaction"), messageId, emoji: z.string(), citedId: messageId }),
  z.object({ type: z.literal("reaction_removed"), messageId, citedId: messageId }),
  z.object({ type: z.literal("edit"), citedId: messageId, text: z.string() }),
  z.object({ type: z.literal("delete"), citedId: messageId }),
  z.object({ type: z.literal("retention"), seconds: z.number() }),
  z.object({
    type: z.literal("contact_request"),
    username: z.string().exactOptional(),
    message: z.string().exactOptional(),
    accepted: z.boolean(),
  }),
]);

const storedEvent = z.object({
  peer: userId,
  sentAtMs: z.number(),
  receivedAtMs: z.number(),
  event: inboundEvent,
});

/** JSON with ids in hexadecimal. Holds message text in clear: seal it before it is written anywhere. */
export function encodeStoredEvent(stored: StoredEvent): Uint8Array {
  const ids = Object.entries(stored.event).filter(([, value]) => value instanceof Uint8Array);
  const inHex = Object.fromEntries(ids.map(([name, id]) => [name, toHex(id)]));
  return utf8Bytes(JSON.stringify({ ...stored, event: { ...stored.event, ...inHex } }));
}

/** @throws GossipError `state_unreadable` for what {@link encodeStoredEvent} did not make. */
export function decodeStoredEvent(bytes: Uint8Array): StoredEvent {
  try {
    return storedEvent.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch {
    // The parsers' own errors quote what they read.
    throw new GossipError("state_unreadable", "store: an event does not parse");
  }
}
