import { relayBackoff, spreadMs } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import type { ClientContext } from "./client-context.ts";
import { selectDispensable } from "./contact-limits.ts";

const DAY_MS = 24 * 60 * 60_000;

/** Message ids are remembered for a month: longer than any relay keeps what could repeat them. */
const REMEMBER_MS = 31 * DAY_MS;

const PRUNE_EVERY_MS = DAY_MS / 24;

/** Everything that time alone asks for: ticks of the machine, expiry, retention, forgetting. */
export class Housekeeping {
  readonly #context: ClientContext;
  readonly #rounds: Repeater;
  #prunedAtMs = 0;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#rounds = new Repeater({
      random: context.random,
      backoff: relayBackoff(context.polling.retryMs),
      work: (signal) => this.#round(signal),
      // The disk, not the relay; it shows in every other part as well.
      onFailure: (error) => context.log.warn(`housekeeping: ${error.code}: ${error.message}`),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#rounds.run(signal);
  }

  wake(): void {
    this.#rounds.wake();
  }

  /** Lets go of unapproved conversations beyond what we keep. */
  dropDispensable(): void {
    const { book, clock } = this.#context;
    for (const { peer } of selectDispensable(book.all(), clock.now())) book.remove(peer);
  }

  async #round(signal: AbortSignal): Promise<number> {
    const { book, clock, polling, random } = this.#context;
    this.dropDispensable();
    await forEachInSlices(
      book.all(),
      ({ peer }) => {
        book.step(peer, { type: "tick" });
        book.purgeEvents(peer);
      },
      signal,
    );
    const sincePruneMs = clock.now() - this.#prunedAtMs;
    if (sincePruneMs >= PRUNE_EVERY_MS || sincePruneMs < 0) this.#prune();
    return spreadMs(polling.tickMs, random());
  }

  #prune(): void {
    const { store, clock } = this.#context;
    const beforeMs = clock.now() - REMEMBER_MS;
    store.transaction(() => {
      store.seen.prune(beforeMs);
      store.outgoing.pruneSettled(beforeMs);
    });
    this.#prunedAtMs = clock.now();
  }
}
