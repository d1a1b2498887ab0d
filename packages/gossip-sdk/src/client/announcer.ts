import { createAnnouncement } from "../announcement/announcement.ts";
import { announcementDueMs } from "../conversation/announcing.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { type BackoffBounds, backoffMs, relayBackoff } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import type { ClientContext } from "./client-context.ts";
import { encodeCopyNotes, standingsOf } from "./copy-note.ts";
import { isRefusal } from "./refusals.ts";

/** Our announcements to people the operator has not approved: at most this many in any minute. */
const MAX_UNTRUSTED_PER_MINUTE = 50;
const MINUTE_MS = 60_000;

/** Pauses after the relay refused one announcement: 15 s at first (docs/protocol/gossip.md section 11). */
const REFUSED_BACKOFF: BackoffBounds = { firstMs: 15_000, maxMs: 10 * MINUTE_MS };

/** When to look again when there is nothing to do; news ring. */
const IDLE_MS = MINUTE_MS;

interface Refusal {
  readonly count: number;
  readonly untilMs: number;
}

/**
 * Builds and posts our announcements: to approved people first, to the others at a limited rate. Of those the newest
 * come first: in a flood, they are the last to be dropped again.
 */
export class Announcer {
  readonly #context: ClientContext;
  readonly #rounds: Repeater;
  readonly #refusals = new Map<GossipUserId, Refusal>();
  #untrustedAtMs: number[] = [];
  /** When other copies are told of announcements that they have not heard of; a process that ended may owe it to them. */
  #noteDueMs = 0;
  #notedAtMs = -Infinity;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#rounds = new Repeater({
      random: context.random,
      backoff: relayBackoff(context.polling.retryMs),
      work: (signal) => this.#round(signal),
      onFailure: (error) => context.health.failed("announcements", error),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#rounds.run(signal);
  }

  ring(): void {
    this.#rounds.ring();
  }

  wake(): void {
    this.#refusals.clear();
    this.#rounds.wake();
  }

  async #round(signal: AbortSignal): Promise<number> {
    for (;;) {
      const next = this.#chooseNext();
      if (next === undefined) break;
      // One after the other, by rank.
      await this.#announce(next, signal);
    }
    if (this.#untilNoteMs() === 0) await this.#postCopyNotes(signal);
    return Math.min(this.#untilDueMs(), this.#untilNoteMs());
  }

  /**
   * Tells other copies of this account where we stand, in announcements to ourselves. A peer goes by the newest
   * announcement, and without a word of ours a copy that has an older one would wait for the peer for days.
   */
  async #postCopyNotes(signal: AbortSignal): Promise<void> {
    const { book, clock, crypto, identity, relay } = this.#context;
    const nowMs = clock.now();
    const dueMs = this.#noteDueMs;
    this.#noteDueMs = Infinity;
    try {
      for (const userData of encodeCopyNotes(standingsOf(book.all()))) {
        const recipient = identity.publicKeys;
        const { bytes } = createAnnouncement({ identity, recipient, userData, nowMs, crypto });
        await relay.postAnnouncement(bytes, { signal });
      }
      this.#notedAtMs = nowMs;
    } catch (error) {
      // A relay that takes none gets none until there is more to say.
      if (isRefusal(error)) return;
      this.#noteDueMs = dueMs;
      throw error;
    }
  }

  /** How long until the other copies may hear of what they have not heard yet, if there are any. */
  #untilNoteMs(): number {
    const { clock, forks } = this.#context;
    if (!forks.isRecent) return Infinity;
    const untilMs = this.#noteDueMs - clock.now();
    // One that is further ahead was set while the clock was wrong.
    return untilMs < 0 || (untilMs > MINUTE_MS && untilMs < Infinity) ? 0 : untilMs;
  }

  #chooseNext(): Conversation | undefined {
    const nowMs = this.#context.clock.now();
    const isUntrustedAllowed = this.#untilUntrustedMs(nowMs) === 0;
    const candidates = this.#context.book.all().filter((conversation) => {
      if (this.#dueAtMs(conversation) > nowMs) return false;
      // One that is built already was counted when it was.
      const isBuilt = conversation.announcement?.stage === "built";
      return conversation.trusted || isBuilt || isUntrustedAllowed;
    });
    return candidates.toSorted(byRank)[0];
  }

  async #announce({ peer }: Conversation, signal: AbortSignal): Promise<void> {
    const { book, relay, clock, random, health } = this.#context;
    if (book.get(peer)?.announcement?.stage === "wanted") {
      if (book.get(peer)?.trusted === false) this.#untrustedAtMs.push(clock.now());
      // Stored before it is posted: after a crash the same bytes go out again, and readers drop the second.
      book.step(peer, { type: "announce" });
    }
    const announcement = book.get(peer)?.announcement;
    if (announcement?.stage !== "built") return;
    try {
      await relay.postAnnouncement(announcement.bytes, { signal });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // This one announcement, not the relay: the others need not wait for it.
      const count = (this.#refusals.get(peer)?.count ?? 0) + 1;
      const untilMs = clock.now() + backoffMs(count, random(), REFUSED_BACKOFF);
      this.#refusals.set(peer, { count, untilMs });
      return;
    }
    health.worked("announcements");
    this.#refusals.delete(peer);
    // Strangers must not have us write a note for each of them.
    const noteDueMs = book.get(peer)?.trusted === true ? 0 : this.#notedAtMs + MINUTE_MS;
    this.#noteDueMs = Math.min(this.#noteDueMs, noteDueMs);
    book.step(peer, { type: "announcement_posted" });
  }

  #untilDueMs(): number {
    const nowMs = this.#context.clock.now();
    const waits = this.#context.book.all().map((conversation) => {
      const untilMs = this.#dueAtMs(conversation) - nowMs;
      return conversation.trusted ? untilMs : Math.max(untilMs, this.#untilUntrustedMs(nowMs));
    });
    return Math.min(IDLE_MS, ...waits.filter((waitMs) => waitMs > 0));
  }

  /** How long until another announcement to an unapproved person may go out. */
  #untilUntrustedMs(nowMs: number): number {
    this.#untrustedAtMs = this.#untrustedAtMs.filter(
      (atMs) => atMs > nowMs - MINUTE_MS && atMs <= nowMs,
    );
    const [oldest] = this.#untrustedAtMs;
    const isFull = this.#untrustedAtMs.length >= MAX_UNTRUSTED_PER_MINUTE;
    return isFull && oldest !== undefined ? oldest + MINUTE_MS - nowMs + 1 : 0;
  }

  #dueAtMs({ peer, announcement }: Conversation): number {
    if (announcement === undefined) return Infinity;
    const dueMs = announcementDueMs(announcement, this.#context.clock.now());
    return Math.max(dueMs, this.#refusals.get(peer)?.untilMs ?? 0);
  }
}

function byRank(left: Conversation, right: Conversation): number {
  if (left.trusted !== right.trusted) return left.trusted ? -1 : 1;
  const newestFirst = sinceMs(right) - sinceMs(left);
  return left.trusted ? -newestFirst : newestFirst;
}

function sinceMs({ announcement }: Conversation): number {
  return announcement?.stage === "wanted" ? announcement.sinceMs : 0;
}
