// What becomes of a conversation that is over: nothing of it stays that is ours to delete. Done again at every start, so that
// a crash in between leaves nothing behind.
import { setTimeout as sleep } from "node:timers/promises";
import type { Erasure } from "channel-durability";
import type { EraseSenders } from "channel-kit";
import type { ConvosConnection } from "./client.ts";
import { splitPersonKey } from "./inbound.ts";

/** A failed deletion is tried again after this long. */
const RETRY_MS = 10_000;

/** What a conversation leaves behind, and who deletes it. */
export interface Forgetting {
  readonly erasure: Pick<Erasure, "eraseConversation">;
  readonly eraseSenders: EraseSenders;
  /** Deletes the files that people of a conversation sent, as far as they lie in folders of ours. */
  readonly deleteFiles: (conversationId: string) => Promise<void>;
}

export interface ForgetOptions extends Forgetting {
  readonly connection: Pick<ConvosConnection, "ended" | "onStatusChange">;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Deletes what is left of conversations that ended, until the signal aborts. */
export async function forgetEndedConversations(options: ForgetOptions): Promise<void> {
  const { connection, onError, signal } = options;
  let done = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const stop = connection.onStatusChange(() => wake.resolve());
  signal.addEventListener("abort", () => wake.resolve(), { once: true });
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      const ended = connection.ended();
      const due = ended.filter((id) => !done.has(id));
      try {
        if (due.length > 0) await forgetConversations(due, options);
        // One that the agent was let into again may end again.
        done = new Set(ended);
        if (!signal.aborted) await wake.promise;
      } catch (error) {
        onError(error);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    stop();
  }
}

/** Deletes what is left of these conversations. Doing it again is no harm. */
export async function forgetConversations(
  ended: readonly string[],
  { deleteFiles, eraseSenders, erasure }: Forgetting,
): Promise<void> {
  const ids = new Set(ended);
  await eraseSenders((person) => ids.has(splitPersonKey(person).conversationId));
  for (const target of ended) {
    // Lanes are of people, and their messages are gone by now.
    erasure.eraseConversation({ laneKey: "", target });
    await deleteFiles(target);
  }
}
