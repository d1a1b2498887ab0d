// Protocol event in, channel facts out. Pure: what is decided from here on can be replayed from the stored facts.
import { capText, cleanName, emojiOf, tagPeer, type FactRules } from "channel-kit";
import type { GossipEvent } from "gossip-sdk";
import * as z from "zod";
import { shortenGossipId } from "./targets.ts";

const base = {
  /** Unique per account: who, what and which message. Two people may use one message id; it stays two facts. */
  key: z.string().min(1),
  /** Canonical user id of the sender, proven by the session. */
  peer: z.string().min(1),
  sentAtMs: z.number(),
  /** When it was first stored on this machine. */
  arrivedAtMs: z.number(),
};
const hexId = z.string().regex(/^[0-9a-f]{24}$/);

const InboundFactsSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("message"),
    ...base,
    messageId: z.string().min(1),
    text: z.string(),
    name: z.string().optional(),
    replyToId: hexId.optional(),
    forwarded: z.strictObject({ text: z.string(), author: z.string() }).optional(),
  }),
  z.strictObject({
    kind: z.literal("contact"),
    ...base,
    /** Self-chosen, cleaned, for the operator's list of requests. It identifies nobody. */
    name: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal("reaction"),
    ...base,
    targetId: hexId,
    emoji: z.string().optional(),
    removed: z.boolean(),
  }),
  z.strictObject({ kind: z.literal("edit"), ...base, targetId: hexId }),
  z.strictObject({ kind: z.literal("delete"), ...base, targetId: hexId }),
]);

/**
 * What one protocol event means to the channel. A `message` is a turn; a `contact` is somebody who may be told a
 * pairing code; the rest tells the agent of approved people what happened to a message, without any text of theirs.
 */
export type InboundFacts = z.infer<typeof InboundFactsSchema>;
export type InboundMessage = Extract<InboundFacts, { kind: "message" }>;
export type InboundNotice = Exclude<InboundFacts, { kind: "message" | "contact" }>;

/** How facts lie in the durable queue. `parse` throws on anything but what `serialize` wrote. */
export const inboundCodec = {
  version: 1,
  serialize: (facts: InboundFacts): string => JSON.stringify(facts),
  parse: (text: string): InboundFacts => InboundFactsSchema.parse(JSON.parse(text)),
} as const;

/** Queue id and lane: facts of one person are handled one after another, in order. */
export function inspectInbound(facts: InboundFacts): { eventId: string; laneKey: string } {
  return { eventId: facts.key, laneKey: laneOf(facts.peer) };
}

/** The lane of everything that comes from one person. */
export function laneOf(peer: string): string {
  return tagPeer(peer);
}

/** The queue id of the message with this id, as the sender's delete cites it. */
export function messageKey(peer: string, id: string): string {
  return `message:${tagPeer(peer)}:${id}`;
}

/**
 * @returns The facts of an event, or undefined when the channel has nothing to do with it: a contact that was not
 * accepted can neither be heard nor answered, and a retention rule is kept by the protocol client.
 */
export function toInboundFacts(event: GossipEvent): InboundFacts | undefined {
  const { peer, sentAtMs, receivedAtMs: arrivedAtMs } = event;
  switch (event.type) {
    case "message":
      return {
        kind: "message",
        key: messageKey(peer, toHex(event.messageId)),
        peer,
        sentAtMs,
        arrivedAtMs,
        messageId: toHex(event.messageId),
        text: capText(event.text),
        ...(event.replyTo === undefined ? {} : { replyToId: toHex(event.replyTo) }),
        ...(event.forwarded === undefined
          ? {}
          : { forwarded: { text: capText(event.forwarded.text), author: event.forwarded.author } }),
      };
    case "contact_request":
      return event.accepted ? toContactFacts(event) : undefined;
    case "reaction":
      return {
        kind: "reaction",
        key: `reaction:${tagPeer(peer)}:${toHex(event.messageId)}`,
        peer,
        sentAtMs,
        arrivedAtMs,
        targetId: toHex(event.citedId),
        ...emojiOf(event.emoji),
        removed: false,
      };
    case "reaction_removed":
      return {
        kind: "reaction",
        key: `unreaction:${tagPeer(peer)}:${toHex(event.messageId)}`,
        peer,
        sentAtMs,
        arrivedAtMs,
        targetId: toHex(event.citedId),
        removed: true,
      };
    case "edit":
      return {
        kind: "edit",
        // One message may be edited often, twice within a millisecond too.
        key: `edit:${tagPeer(peer)}:${toHex(event.citedId)}:${sentAtMs}:${event.id}`,
        peer,
        sentAtMs,
        arrivedAtMs,
        targetId: toHex(event.citedId),
      };
    case "delete":
      return {
        kind: "delete",
        key: `delete:${tagPeer(peer)}:${toHex(event.citedId)}`,
        peer,
        sentAtMs,
        arrivedAtMs,
        targetId: toHex(event.citedId),
      };
    case "retention":
      break;
  }
  return undefined;
}

/** The text that came with a contact request is the first message of that person; without one there is only the person. */
function toContactFacts(event: Extract<GossipEvent, { type: "contact_request" }>): InboundFacts {
  const { peer, sentAtMs, receivedAtMs: arrivedAtMs } = event;
  const text = capText(event.message?.trim() ?? "");
  const cleaned = cleanName(event.username ?? "");
  const name = cleaned === "" ? {} : { name: cleaned };
  if (text === "") {
    return {
      kind: "contact",
      key: `contact:${tagPeer(peer)}:${sentAtMs}`,
      peer,
      sentAtMs,
      arrivedAtMs,
      ...name,
    };
  }
  const messageId = `request-${sentAtMs}`;
  return {
    kind: "message",
    key: messageKey(peer, messageId),
    peer,
    sentAtMs,
    arrivedAtMs,
    messageId,
    text,
    ...name,
  };
}

/** What the shared rooms have to know of facts. */
export const factRules: FactRules<GossipEvent, InboundFacts> = {
  toFacts: toInboundFacts,
  inspect: inspectInbound,
  codec: inboundCodec,
  senderOf: ({ peer }) => peer,
  personOf: ({ peer }) => peer,
  textOf: (facts) => {
    if (facts.kind !== "message") return undefined;
    return facts.text === "" ? (facts.forwarded?.text ?? "") : facts.text;
  },
  ownTextOf: (facts) => (facts.kind === "message" ? facts.text : undefined),
  takesBack: (facts) =>
    facts.kind === "delete" ? messageKey(facts.peer, facts.targetId) : undefined,
};

/** One line about what happened, for the agent's next turn. Ids only: nothing in it is worded by the peer. */
export function describeNotice(notice: InboundNotice): string {
  const who = `Gossip user ${shortenGossipId(notice.peer)}`;
  if (notice.kind !== "reaction") return `${who} ${PAST_TENSE[notice.kind]} ${notice.targetId}`;
  if (notice.removed) return `${who} took back a reaction to message ${notice.targetId}`;
  const emoji = notice.emoji === undefined ? "" : ` ${notice.emoji}`;
  return `${who} reacted${emoji} to message ${notice.targetId}`;
}

const PAST_TENSE = { edit: "edited message", delete: "deleted message" } as const;

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
