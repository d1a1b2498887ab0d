import { BinReader, BinWriter } from "../codec/bin.ts";
import type { ClientContext } from "./client-context.ts";
import type { StepOutcome } from "./conversation-book.ts";

const DAY_MS = 24 * 60 * 60_000;

type ForkContext = Pick<ClientContext, "clock" | "store" | "log">;

/** Keeps, over restarts, how often another copy of this state was found at work, and when that was last. */
export class ForkCounter {
  total: number;
  /** Undefined when it never was, or before the time was kept. */
  lastAtMs: number | undefined;
  readonly #context: ForkContext;

  constructor(context: ForkContext) {
    this.#context = context;
    this.total = this.#read("forks_noticed") ?? 0;
    this.lastAtMs = this.#read("fork_noticed_at");
  }

  /** Whether that was within a day. A clock that was set back must not make it last. */
  get isRecent(): boolean {
    if (this.lastAtMs === undefined) return false;
    return Math.abs(this.#context.clock.now() - this.lastAtMs) <= DAY_MS;
  }

  onStep({ notices }: StepOutcome): void {
    if (!notices.includes("fork_noticed")) return;
    const { clock, log, store } = this.#context;
    const nowMs = Math.floor(clock.now());
    this.total += 1;
    this.lastAtMs = nowMs;
    store.transaction(() => {
      store.meta.set("forks_noticed", new BinWriter().varint(this.total).finish());
      store.meta.set("fork_noticed_at", new BinWriter().varint(nowMs).finish());
    });
    log.warn(
      "another copy of this account was at work (an old backup, or a copied directory): the session is renewed",
    );
  }

  #read(name: "forks_noticed" | "fork_noticed_at"): number | undefined {
    const stored = this.#context.store.meta.get(name);
    return stored === undefined ? undefined : new BinReader(stored).varint();
  }
}
