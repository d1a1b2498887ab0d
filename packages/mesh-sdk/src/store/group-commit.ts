import { MeshError } from "../errors.ts";
import type { AddResult, MeshStore, NewMessage } from "./port.ts";

/**
 * Milliseconds between two commits under load. The first message after a quiet while waits for nothing but the rest of
 * what the event loop has at hand.
 */
const GATHER_MS = 5;
/** More is committed at once: a commit of so many takes some 20 ms, and holds the event loop. */
const MAX_MESSAGES = 512;
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** Gathers messages, so that one write to the disk serves many. */
export interface GroupCommit {
  /**
   * Resolves when the message is on the disk, or was refused. Whoever waits for that before reading on is slowed down to
   * what the disk can do; so much at a time is gathered, and no more.
   *
   * @throws MeshError `state_unwritable` | `closed`, and what else {@link MeshStore.add} throws for this message.
   */
  add(message: NewMessage): Promise<AddResult>;
  /** Commits now what was gathered. Does not throw: who waits is told. */
  flush(): void;
}

interface Waiting {
  readonly message: NewMessage;
  readonly resolve: (result: AddResult) => void;
  readonly reject: (error: unknown) => void;
}

/** @param store - Must be closed after a last {@link GroupCommit.flush}. */
export function createGroupCommit(store: Pick<MeshStore, "add">): GroupCommit {
  let waiting: Waiting[] = [];
  let characters = 0;
  let committedAtMs = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    const batch = waiting;
    waiting = [];
    characters = 0;
    if (batch.length === 0) return;
    commit(store, batch);
    committedAtMs = performance.now();
  };

  return {
    add: async (message) => {
      const { promise, reject, resolve } = Promise.withResolvers<AddResult>();
      waiting.push({ message, reject, resolve });
      characters += message.message.body.length + (message.message.payloadText?.length ?? 0);
      if (waiting.length >= MAX_MESSAGES || characters >= MAX_CHARACTERS) flush();
      else cancel ??= schedule(flush, committedAtMs + GATHER_MS - performance.now());
      return promise;
    },
    flush,
  };
}

function schedule(flush: () => void, delayMs: number): () => void {
  if (delayMs <= 0) {
    const immediate = setImmediate(flush);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(flush, delayMs);
  return () => clearTimeout(timer);
}

/** Stores a batch in one step. When that fails over one message, the others are stored without it. */
function commit(store: Pick<MeshStore, "add">, batch: readonly Waiting[]): void {
  let results: readonly AddResult[];
  try {
    results = store.add(batch.map(({ message }) => message));
  } catch (error) {
    // A full disk or a closed store is about none of them; trying each would only take longer.
    if (batch.length === 1 || error instanceof MeshError) {
      for (const { reject } of batch) reject(error);
    } else {
      const middle = Math.ceil(batch.length / 2);
      commit(store, batch.slice(0, middle));
      commit(store, batch.slice(middle));
    }
    return;
  }
  for (const [index, { reject, resolve }] of batch.entries()) {
    const result = results[index];
    if (result === undefined) reject(new TypeError("store: fewer results than messages"));
    else resolve(result);
  }
}
