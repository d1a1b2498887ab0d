// Whom the protocol client keeps up a conversation with. Trust is the operator's decision and follows from nothing else.
import {
  GossipError,
  parseUserId,
  type GossipClient,
  type GossipUserId,
  type OutgoingContent,
} from "gossip-sdk";
import type { GossipMessageBody } from "./message-body.ts";

/** Strangers who were let talk are judged again this often; the protocol client forgets them after a day. */
const ACCEPTED_REVIEW_MS = 60_000;

/** What may become of somebody who asks for contact. */
export type ContactVerdict = "rejected" | "accepted" | "trusted";

/**
 * Queues a text, a reaction, an edit or a withdrawal. Only a text may open a conversation. Writing to somebody is our own wish to talk, so contact is asked for, or an open request of theirs
 * accepted. A pairing code or an answer to a stranger is no such wish: the request is accepted without trust, and when
 * the stranger is gone nobody runs after him.
 */
export async function queueBody(
  client: Pick<GossipClient, "send" | "requestContact" | "acceptContact">,
  message: GossipMessageBody,
  messageId: Uint8Array,
): Promise<void> {
  const peer = parseUserId(message.to);
  const content = toContent(message);
  try {
    await client.send(peer, content, { messageId });
  } catch (error) {
    if (!(error instanceof GossipError)) throw error;
    if ("signal" in message) throw error;
    const isStranger = message.purpose === "pairing" || message.purpose === "stranger";
    if (error.code === "unknown_peer" && !isStranger) await client.requestContact(peer);
    else if (error.code === "no_session")
      await client.acceptContact(peer, { trusted: !isStranger });
    else throw error;
    await client.send(peer, content, { messageId });
  }
}

function toContent(message: GossipMessageBody): OutgoingContent {
  if (!("signal" in message)) {
    const { replyToId, text } = message;
    return replyToId === undefined
      ? { type: "text", text }
      : { type: "reply", text, citedId: fromHex(replyToId) };
  }
  const citedId = fromHex(message.citedId);
  if (message.signal === "unsend") return { type: "delete", citedId };
  return message.signal === "edit"
    ? { type: "edit", text: message.text, citedId }
    : { type: "reaction", emoji: message.emoji, citedId };
}

function fromHex(id: string): Uint8Array {
  return Uint8Array.from(Buffer.from(id, "hex"));
}

/**
 * Makes the review of contacts: who waits to be accepted is judged at each call, and once a minute those too who talk
 * without trust, since the operator may have put one of them on the list.
 */
export function createContactReview(
  client: Pick<GossipClient, "contacts" | "acceptContact" | "setTrusted">,
  judge: (userId: string) => Promise<ContactVerdict>,
  now: () => number = () => performance.now(),
): () => Promise<void> {
  let acceptedReviewedMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const isAcceptedDue = now() - acceptedReviewedMs >= ACCEPTED_REVIEW_MS;
    for (const { accepted, peer, trusted } of client.contacts()) {
      if (trusted || (accepted && !isAcceptedDue)) continue;
      const verdict = await judge(peer);
      if (verdict === "rejected") continue;
      if (!accepted) await client.acceptContact(peer, { trusted: verdict === "trusted" });
      else if (verdict === "trusted") trust(client, peer);
    }
    if (isAcceptedDue) acceptedReviewedMs = now();
  };
}

/** Keeps the conversation beyond the day that strangers have. */
export function trust(client: Pick<GossipClient, "setTrusted">, peer: GossipUserId): void {
  try {
    client.setTrusted(peer, true);
  } catch (error) {
    // The conversation was forgotten after its message came in; there is nothing to keep.
    if (!(error instanceof GossipError && error.code === "unknown_peer")) throw error;
  }
}
