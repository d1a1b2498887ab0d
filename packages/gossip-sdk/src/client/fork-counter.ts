import { BinReader, BinWriter } from "../codec/bin.ts";
import type { ClientContext } from "./client-context.ts";
import type { StepOutcome } from "./conversation-book.ts";

/** Counts, over restarts, how often another copy of this state was found at work. */
export class ForkCounter {
  total: number;
  readonly #context: Pick<ClientContext, "store" | "log">;

  constructor(context: Pick<ClientContext, "store" | "log">) {
    this.#context = context;
    const stored = context.store.meta.get("forks_noticed");
    this.total = stored === undefined ? 0 : new BinReader(stored).varint();
  }

  onStep({ notices }: StepOutcome): void {
    if (!notices.includes("fork_noticed")) return;
    const { store, log } = this.#context;
    this.total += 1;
    store.transaction(() =>
      store.meta.set("forks_noticed", new BinWriter().varint(this.total).finish()),
    );
    log.warn(
      "another copy of this account was at work (an old backup, or a copied directory): the session is renewed",
    );
  }
}
