import { relayBackoff } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import { forEachInSlices } from "../pacing/slices.ts";
import { DEFAULT_SESSION_CONFIG } from "../session/session-config.ts";
import type { ClientContext } from "./client-context.ts";
import {
  decodeEarly,
  type EarlyAnnouncement,
  encodeEarly,
  keepEarly,
} from "./early-announcements.ts";

/** When to look again when there is nothing to do; news ring. */
const IDLE_MS = 60_000;

/** Between two looks at least: a clock that goes to and fro must not keep us busy. */
const MIN_WAIT_MS = 1_000;

/**
 * Announcements that came before their time, until it has come (section 7: 60 s ahead of our clock is the most we take).
 * The sender's clock may be fast, or ours slow, and a peer that does not hear from us does not ask twice.
 *
 * They are kept here and the cursor of the bulletin goes on. To hold the cursor back instead would let anybody stop
 * everybody else's announcements for as long as they like, and a bound on that would lose what it is for.
 */
export class EarlyShelf {
  readonly #context: ClientContext;
  readonly #take: (bytes: Uint8Array) => Promise<EarlyAnnouncement | undefined>;
  readonly #rounds: Repeater;
  #kept: readonly EarlyAnnouncement[];

  /** @param take - Judges an announcement anew; gives it back when its time has still not come. */
  constructor(
    context: ClientContext,
    take: (bytes: Uint8Array) => Promise<EarlyAnnouncement | undefined>,
  ) {
    this.#context = context;
    this.#take = take;
    const stored = context.store.meta.get("early_announcements");
    this.#kept = stored === undefined ? [] : decodeEarly(stored);
    this.#rounds = new Repeater({
      random: context.random,
      backoff: relayBackoff(context.polling.retryMs),
      work: (signal) => this.#round(signal),
      // The disk, not the relay; it shows in every other part as well.
      onFailure: (error) =>
        context.log.warn(`early announcements: ${error.code}: ${error.message}`),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#rounds.run(signal);
  }

  wake(): void {
    this.#rounds.wake();
  }

  /**
   * Keeps what fits of a page of the bulletin. One write per page, so a flood costs no more than its download.
   *
   * @param also - Further writes of the same transaction: the cursor goes past only what is on disk.
   */
  keep(found: readonly EarlyAnnouncement[], also: () => void): void {
    const { book } = this.#context;
    let next = this.#kept;
    for (const one of found) {
      next = keepEarly(next, one, (peer) => book.get(peer)?.trusted === true);
    }
    this.#replace(next, also);
    if (found.length > 0) this.#rounds.ring();
  }

  async #round(signal: AbortSignal): Promise<number> {
    await forEachInSlices(this.#kept, (one) => this.#tryAgain(one), signal);
    const nowMs = this.#context.clock.now();
    const waits = this.#kept.map((one) => Math.max(dueAtMs(one) - nowMs, MIN_WAIT_MS));
    return Math.min(IDLE_MS, ...waits);
  }

  async #tryAgain(one: EarlyAnnouncement): Promise<void> {
    const { book, store, clock } = this.#context;
    if (dueAtMs(one) > clock.now()) return;
    const newestMs = book.get(one.peer)?.session.incoming?.createdAtMs ?? 0;
    // The peer set its clock and announced itself again: that is the session it is in now. Never to be taken then.
    const isOvertaken = newestMs !== one.previousMs;
    if (!isOvertaken && (await this.#take(one.bytes)) !== undefined) return;
    // Not in one transaction with the taking: after a crash between, it is recognized as taken.
    this.#replace(
      this.#kept.filter((kept) => kept !== one),
      () => isOvertaken && store.seen.rememberAnnouncement(one.bytes, clock.now()),
    );
  }

  #replace(next: readonly EarlyAnnouncement[], also: () => void): void {
    const { store } = this.#context;
    store.transaction(() => {
      if (next !== this.#kept) store.meta.set("early_announcements", encodeEarly(next));
      also();
    });
    this.#kept = next;
  }
}

function dueAtMs({ createdAtMs }: EarlyAnnouncement): number {
  return createdAtMs - DEFAULT_SESSION_CONFIG.maxAnnouncementFutureMs;
}
