import type { MessageStatus } from "../conversation/conversation.ts";
import { GossipError } from "../errors.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { onAbort } from "../pacing/on-abort.ts";
import type { ConversationBook } from "./conversation-book.ts";

/** Order of the statuses on the way of a message; `failed` is an end like `delivered`. */
const RANK: Readonly<Record<MessageStatus, number>> = {
  waiting_session: 0,
  ready: 1,
  sent: 2,
  delivered: 3,
  failed: 4,
};

/**
 * Waits until a message has come at least this far, or has failed.
 *
 * @throws GossipError `unknown_message`; the reason of whichever signal aborts.
 */
export async function waitForStatus(input: {
  book: ConversationBook;
  peer: GossipUserId;
  messageId: Uint8Array;
  atLeast: "sent" | "delivered";
  signal: AbortSignal;
  closing: AbortSignal;
}): Promise<MessageStatus> {
  const { book, peer, messageId, atLeast } = input;
  const { promise, resolve, reject } = Promise.withResolvers<MessageStatus>();
  const look = (): void => {
    const status = book.statusOf(peer, messageId);
    if (status === undefined) {
      reject(new GossipError("unknown_message", "client: no such message"));
    } else if (RANK[status] >= RANK[atLeast]) {
      resolve(status);
    }
  };
  const stopListening = book.listen((outcome) => {
    if (outcome.peer === peer) look();
  });
  const stopWatching = onAbort([input.signal, input.closing], reject);
  try {
    look();
    return await promise;
  } finally {
    stopListening();
    stopWatching();
  }
}
