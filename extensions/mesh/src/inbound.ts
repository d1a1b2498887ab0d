// Protocol event in, channel facts out. Pure: what is decided from here on can be replayed from the stored facts.
import { capText, tagPeer, type FactRules } from "channel-kit";
import type { MeshEvent } from "mesh-sdk";
import * as z from "zod";
import { InboundFileSchema, readFile } from "./files.ts";
import { tryParseMessageId } from "./message-body.ts";
import { tryParsePeerId } from "./targets.ts";

const InboundFactsSchema = z.strictObject({
  kind: z.literal("message"),
  /** Unique per account: who, where, and which message. Two peers may use one message id; it stays two facts. */
  key: z.string().min(1),
  /** `group` names its channel; a direct one has none but the sender. */
  chat: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("group"), channelId: z.string().min(1) }),
    z.strictObject({ kind: z.literal("direct") }),
  ]),
  /** Peer id that a signature proves; of an unverified message a text that no list can name. */
  senderId: z.string().min(1),
  verified: z.boolean(),
  /** Only we could open it. */
  sealed: z.boolean(),
  /** Safe to show: an id of another form is replaced by a tag. */
  messageId: z.string().min(1),
  text: z.string(),
  /** Opened and fetched for nobody but who is heard. */
  file: InboundFileSchema.optional(),
  replyToId: z.string().optional(),
  sentAtMs: z.number(),
  /** When it was first stored on this machine. */
  arrivedAtMs: z.number(),
});

/** What one message means to the channel. */
export type InboundFacts = z.infer<typeof InboundFactsSchema>;
export type InboundMessage = InboundFacts;

/** One peer in one conversation. */
export interface PeerPlace {
  readonly senderId: string;
  /** Undefined: directly. */
  readonly channelId: string | undefined;
}

const UNVERIFIED_PREFIX = "unverified:";
const UNREADABLE_FILE = "(sent a file that cannot be read)";
const FILE_ALONE = "(file)";

/** How facts lie in the durable queue. `parse` throws on anything but what `serialize` wrote. */
const inboundCodec = {
  version: 1,
  serialize: (facts: InboundFacts): string => JSON.stringify(facts),
  parse: (text: string): InboundFacts => InboundFactsSchema.parse(JSON.parse(text)),
} as const;

/** @returns The facts of an event, or undefined when the channel has nothing to do with it. */
export function toInboundFacts(event: MeshEvent): InboundFacts | undefined {
  const { channelId, kind, receivedAtMs, sealed, sentAtMs, verified } = event;
  // Whoever writes directly gets an answer, a code at least: to a peer that exists.
  if (kind === "direct" && !verified) return undefined;
  const senderId = verified ? tryParsePeerId(event.senderId) : unprovenId(event.senderId);
  if (senderId === undefined) return undefined;
  const replyToId = tryParseMessageId(event.replyTo ?? "");
  const file = readFile(event.payload);
  const text = capText(event.body);
  return {
    kind: "message",
    key: `message:${tagPeer([kind, channelId, event.senderId, event.messageId].join("\n"))}`,
    chat: kind === "direct" ? { kind } : { kind, channelId },
    senderId,
    verified,
    sealed,
    messageId: tryParseMessageId(event.messageId) ?? `odd-${tagPeer(event.messageId)}`,
    text: file === "unreadable" ? [text, UNREADABLE_FILE].join("\n").trim() : text,
    ...(typeof file === "string" ? {} : { file }),
    ...(replyToId === undefined ? {} : { replyToId }),
    sentAtMs,
    arrivedAtMs: receivedAtMs,
  };
}

/** A name that nobody can prove: told apart from others, and from every peer. */
function unprovenId(name: string): string {
  return `${UNVERIFIED_PREFIX}${tagPeer(name)}`;
}

/** Where an answer goes: to the channel, or to the sender. */
export function conversationOf({
  chat,
  senderId,
}: Pick<InboundFacts, "chat" | "senderId">): string {
  return chat.kind === "group" ? chat.channelId : senderId;
}

/** One peer in one conversation, for access and lanes. */
export function personKey({ chat, senderId }: Pick<InboundFacts, "chat" | "senderId">): string {
  return chat.kind === "group" ? `${senderId}@${chat.channelId}` : senderId;
}

/** The two halves of a {@link personKey}. */
export function splitPersonKey(key: string): PeerPlace {
  const at = key.indexOf("@");
  return at === -1
    ? { senderId: key, channelId: undefined }
    : { senderId: key.slice(0, at), channelId: key.slice(at + 1) };
}

/** The lane of a peer in a conversation: what it writes there is handled one after another, in order. */
function laneOf(person: string): string {
  return tagPeer(person);
}

/** What the shared rooms have to know of facts. */
export const factRules: FactRules<MeshEvent, InboundFacts> = {
  toFacts: toInboundFacts,
  inspect: (facts) => ({ eventId: facts.key, laneKey: laneOf(personKey(facts)) }),
  codec: inboundCodec,
  senderOf: personKey,
  personOf: ({ senderId }) => senderId,
  textOf: ({ text }) => text || FILE_ALONE,
};
