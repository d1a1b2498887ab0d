// What becomes of a conversation that is over: nothing of it stays that is ours to delete. Done again at every start, so that
// a crash in between leaves nothing behind.
import { setTimeout as sleep } from "node:timers/promises";
import type { Erasure } from "channel-durability";
import type { ConvosConnection } from "./client.ts";
import { splitPersonKey } from "./inbound.ts";

/** A failed deletion is tried again after this long. */
const RETRY_MS = 10_000;

export interface ForgetOptions {
  readonly connection: Pick<ConvosConnection, "ended" | "onStatusChange">;
  readonly erasure: Pick<Erasure, "eraseConversation">;
  /** Deletes what waits or died of people. @returns How many messages that were. */
  readonly eraseSenders: (isErased: (person: string) => boolean) => Promise<number>;
  /** Deletes the files that people of a conversation sent, as far as they lie in folders of ours. */
  readonly deleteFiles: (conversationId: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Deletes what is left of conversations that ended, until the signal aborts. */
export async function forgetEndedConversations(options: ForgetOptions): Promise<void> {
  const { connection, onError, signal } = options;
  const done = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const stop = connection.onStatusChange(() => wake.resolve());
  signal.addEventListener("abort", () => wake.resolve(), { once: true });
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      const ended = connection.ended().filter((id) => !done.has(id));
      try {
        if (ended.length > 0) await forget(ended, options);
        for (const id of ended) done.add(id);
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

async function forget(ended: readonly string[], options: ForgetOptions): Promise<void> {
  const { deleteFiles, eraseSenders, erasure } = options;
  const ids = new Set(ended);
  await eraseSenders((person) => ids.has(splitPersonKey(person).conversationId));
  for (const target of ended) {
    // Lanes are of people, and their messages are gone by now.
    erasure.eraseConversation({ laneKey: "", target });
    await deleteFiles(target);
  }
}
