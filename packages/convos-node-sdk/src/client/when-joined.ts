import { ConvosError } from "../errors.ts";
import type { ConversationRecord } from "../store/conversation-record.ts";
import type { ConversationBook } from "./conversation-book.ts";
import { summarizeConversation, summarizeJoin } from "./summaries.ts";
import type { ConversationSummary, PendingJoin } from "./types.ts";

/**
 * Waits until the creator of a conversation lets us in.
 *
 * @throws ConvosError `unknown_join` | `join_refused`; the signal's reason when it aborts.
 */
export async function whenJoined(
  book: ConversationBook,
  joinId: string,
  signal: AbortSignal,
): Promise<ConversationSummary> {
  for (;;) {
    signal.throwIfAborted();
    const record = book.findJoin(joinId)?.record;
    if (record === undefined) throw new ConvosError("unknown_join", "no such join");
    const { state, errorType } = demandJoin(record);
    const summary = summarizeConversation(record);
    if (state === "joined" && summary !== undefined) return summary;
    if (state !== "pending") throw new ConvosError("join_refused", `join: ${errorType ?? state}`);
    await nextStep(book, signal);
  }
}

/** What a caller sees of a join that was just written down. */
export function demandJoin(record: ConversationRecord): PendingJoin {
  const join = summarizeJoin(record);
  if (join === undefined) throw new TypeError("a join without a request");
  return join;
}

function nextStep(book: ConversationBook, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => resolve();
  const stop = book.listen(done);
  signal.addEventListener("abort", done, { once: true });
  return promise.finally(() => {
    stop();
    signal.removeEventListener("abort", done);
  });
}
