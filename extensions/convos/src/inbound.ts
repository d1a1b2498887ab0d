// Protocol event in, channel facts out. Pure: what is decided from here on can be replayed from the stored facts.
import { capText, emojiOf, tagPeer, type FactRules } from "channel-kit";
import type { ConvosEvent } from "convos-node-sdk";
import * as z from "zod";
import { InboundFileSchema, toInboundFiles } from "./files.ts";
import { tryParseMessageId } from "./message-body.ts";
import { shortenId } from "./targets.ts";

const base = {
  /** Unique per account: what, and which message. */
  key: z.string().min(1),
  conversationId: z.string().min(1),
  /** True in a direct conversation: the sender and us. */
  direct: z.literal(true).optional(),
  /** Inbox id of the sender, proven by XMTP: one person, in this conversation. */
  senderId: z.string().min(1),
  sentAtMs: z.number(),
  /** When it was first stored on this machine. */
  arrivedAtMs: z.number(),
};
const messageId = z.string().regex(/^[0-9a-f]{64}$/);

const InboundFactsSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("message"),
    ...base,
    messageId,
    text: z.string(),
    /** Fetched for nobody but who may be heard. */
    files: z.array(InboundFileSchema).optional(),
    replyToId: messageId.optional(),
  }),
  z.strictObject({
    kind: z.literal("reaction"),
    ...base,
    targetId: messageId,
    emoji: z.string().optional(),
    removed: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("for_owner"),
    ...base,
    about: z.enum(["invites_revoked", "joins_waiting", "restore_offered"]),
  }),
]);

/**
 * What one protocol event means to the channel. A `message` may be a turn; a `reaction` tells the agent what happened to a
 * message, without any text of its sender; `for_owner` is what the protocol has to ask or tell him. What a conversation does with itself (members, names, profiles, locks) has
 * no facts: it never wakes the agent.
 */
export type InboundFacts = z.infer<typeof InboundFactsSchema>;
export type InboundMessage = Extract<InboundFacts, { kind: "message" }>;
export type InboundReaction = Extract<InboundFacts, { kind: "reaction" }>;

/** What stands for a file that cannot be opened. */
const UNREADABLE_FILE = "(sent a file that cannot be read)";

const FILE_ALONE = "(file)";

/** How facts lie in the durable queue. `parse` throws on anything but what `serialize` wrote. */
const inboundCodec = {
  version: 1,
  serialize: (facts: InboundFacts): string => JSON.stringify(facts),
  parse: (text: string): InboundFacts => InboundFactsSchema.parse(JSON.parse(text)),
} as const;

/** Which kind of chat OpenClaw takes a conversation for. */
export function kindOf({ direct }: Pick<InboundFacts, "direct">): "direct" | "group" {
  return direct === true ? "direct" : "group";
}

/** One person in one conversation, for access and lanes. */
export function personKey({
  conversationId,
  senderId,
}: Pick<InboundFacts, "conversationId" | "senderId">): string {
  return `${conversationId}/${senderId}`;
}

/** The two halves of a {@link personKey}. */
export function splitPersonKey(key: string): { conversationId: string; senderId: string } {
  const [conversationId = "", senderId = ""] = key.split("/");
  return { conversationId, senderId };
}

/** Queue id and lane: what one person writes in a conversation is handled one after another, in order. */
export function inspectInbound(facts: InboundFacts): { eventId: string; laneKey: string } {
  return { eventId: facts.key, laneKey: laneOf(facts) };
}

/** The lane of a person in a conversation. */
function laneOf(person: Parameters<typeof personKey>[0]): string {
  return tagPeer(personKey(person));
}

/** @returns The facts of an event, or undefined when the channel has nothing to do with it. */
export function toInboundFacts(event: ConvosEvent): InboundFacts | undefined {
  const { conversationId, receivedAtMs: arrivedAtMs, senderInboxId: senderId, sentAtMs } = event;
  const direct = event.direct === true ? { direct: true as const } : {};
  const head = { conversationId, ...direct, senderId, sentAtMs, arrivedAtMs };
  switch (event.type) {
    case "message":
      return {
        kind: "message",
        key: `message:${event.messageId}`,
        ...head,
        messageId: event.messageId,
        text: capText(event.text),
        ...citedBy(event.replyTo),
      };
    case "attachment":
    case "remote_attachment":
    case "remote_attachments": {
      const files = toInboundFiles(event);
      return {
        kind: "message",
        key: `message:${event.messageId}`,
        ...head,
        messageId: event.messageId,
        text: files.length === 0 ? UNREADABLE_FILE : "",
        ...(files.length === 0 ? {} : { files }),
        ...citedBy(event.replyTo),
      };
    }
    case "reaction": {
      // Its sender words what it cites, and that goes into a line for the agent: an id, or nothing.
      const targetId = tryParseMessageId(event.targetId);
      if (targetId === undefined) return undefined;
      return {
        kind: "reaction",
        key: `reaction:${event.messageId}`,
        ...head,
        targetId,
        ...emojiOf(event.emoji),
        removed: event.removed,
      };
    }
    case "invites_revoked":
    case "joins_waiting":
    case "restore_offered":
      // Nobody's in particular: it stands for the conversation.
      return {
        kind: "for_owner",
        key: `${event.type}:${event.id}`,
        ...head,
        senderId: conversationId,
        about: event.type,
      };
    case "members_changed":
    case "conversation_updated":
    case "profile_changed":
    case "joined":
    case "join_failed":
    case "ended":
      break;
  }
  return undefined;
}

function citedBy(replyTo = ""): { replyToId?: string } {
  const replyToId = tryParseMessageId(replyTo);
  return replyToId === undefined ? {} : { replyToId };
}

/** What the shared rooms have to know of facts. */
export const factRules: FactRules<ConvosEvent, InboundFacts> = {
  toFacts: toInboundFacts,
  inspect: inspectInbound,
  codec: inboundCodec,
  senderOf: personKey,
  personOf: ({ senderId }) => senderId,
  // A file alone waits for its caption as a line waits for the next one.
  textOf: (facts) => (facts.kind === "message" ? facts.text || FILE_ALONE : undefined),
};

/** One line about what happened, for the agent's next turn. Ids only: nothing in it is worded by the sender. */
export function describeReaction({ emoji, removed, senderId, targetId }: InboundReaction): string {
  const who = `Convos member ${shortenId(senderId)}`;
  if (removed) return `${who} took back a reaction to message ${targetId}`;
  return `${who} reacted${emoji === undefined ? "" : ` ${emoji}`} to message ${targetId}`;
}
