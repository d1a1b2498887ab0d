import type { Conversation, ListMessagesOptions } from "@xmtp/node-bindings";
import { KIND_APPLICATION } from "./enums.ts";

/** Each takes about a millisecond. */
const MAX_TRIES = 20;

/**
 * Counts the messages that an inbox has stored of its own. XMTP's library can only leave senders out, so it is the
 * difference of two counts, and those of others are counted until none of them came in between.
 *
 * @returns Undefined when others write faster than that.
 */
export async function countOwn(
  conversation: Pick<Conversation, "countMessages">,
  ownInboxId: string,
): Promise<number | undefined> {
  const said: ListMessagesOptions = { kind: KIND_APPLICATION };
  const byOthers = { ...said, excludeSenderInboxIds: [ownInboxId] };
  let others = await conversation.countMessages(byOthers);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const all = await conversation.countMessages(said);
    const othersNow = await conversation.countMessages(byOthers);
    if (othersNow === others) return all - others;
    others = othersNow;
  }
  return undefined;
}
