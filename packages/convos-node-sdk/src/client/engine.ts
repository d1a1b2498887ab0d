import { ConvosError } from "../errors.ts";
import { isOver } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { ClientContext } from "./client-context.ts";
import { ConversationWorker } from "./conversation-worker.ts";

/** The conversations of one account at work, each on its own. */
export class Engine {
  readonly #context: ClientContext;
  readonly #workers = new Map<number, ConversationWorker>();
  readonly #running = new Map<number, Promise<void>>();
  /** Set while a run is on. */
  #scope: { readonly signal: AbortSignal; readonly fail: (error: unknown) => void } | undefined;

  constructor(context: ClientContext) {
    this.#context = context;
    for (const row of context.book.all()) {
      // A direct conversation is at work with the inbox that it uses.
      const isDirect = row.record.via !== undefined;
      if (!isDirect && !isOver(row.record))
        this.#workers.set(row.id, new ConversationWorker(context, row));
    }
  }

  workers(): ConversationWorker[] {
    return [...this.#workers.values()];
  }

  /** @throws ConvosError `unknown_conversation`. */
  worker(id: number): ConversationWorker {
    const worker = this.#workers.get(id);
    if (worker !== undefined) return worker;
    throw new ConvosError("unknown_conversation", "no such conversation, or it is over");
  }

  /** Takes up a conversation that was just written down; it is at work at once if the client is. */
  add(row: ConversationRow): ConversationWorker {
    const worker = new ConversationWorker(this.#context, row);
    this.#workers.set(row.id, worker);
    this.#start(worker);
    return worker;
  }

  /** Works until the signal aborts. Rejects for a lost store or a bug, after everything has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const ended = new Promise<void>((resolve) => {
      const joined = AbortSignal.any([signal, stop.signal]);
      if (joined.aborted) resolve();
      joined.addEventListener("abort", () => resolve(), { once: true });
      this.#scope = { signal: joined, fail: reject };
    });
    try {
      for (const worker of this.#workers.values()) this.#start(worker);
      await Promise.race([ended, failed]);
    } finally {
      this.#scope = undefined;
      stop.abort();
      await Promise.all(this.#running.values());
      this.#running.clear();
    }
  }

  /** Closes every inbox. */
  async close(): Promise<void> {
    await Promise.all(this.workers().map((worker) => worker.close()));
  }

  #start(worker: ConversationWorker): void {
    const scope = this.#scope;
    if (scope === undefined || this.#running.has(worker.id)) return;
    const run = worker.run(scope.signal).catch(scope.fail);
    this.#running.set(worker.id, run);
  }
}
