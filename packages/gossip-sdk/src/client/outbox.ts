import { runTasks } from "sdk-kit";
import { toHex } from "../codec/bytes.ts";
import type { Conversation, QueueItem } from "../conversation/conversation.ts";
import { GossipError } from "../errors.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { type BackoffBounds, backoffMs, relayBackoff } from "../pacing/backoff.ts";
import { Repeater } from "../pacing/repeater.ts";
import type { ClientContext } from "./client-context.ts";
import { isConflict, isRefusal } from "./refusals.ts";

/** Peers posted to at the same time. */
const MAX_PARALLEL = 4;

/** A value that the relay refuses this often is given up... */
const MAX_REFUSALS = 5;
/** ...if it has also done so for this long: a relay may be out of order for a while. */
const MIN_REFUSED_MS = 10 * 60_000;

const MAX_PAUSE_MS = 60_000;

/** When to look again when there is nothing to do; news ring. */
const IDLE_MS = 60_000;

interface Attempts {
  readonly count: number;
  readonly refusals: number;
  readonly firstAtMs: number;
  readonly untilMs: number;
}

/** Posts to a peer that failed for another reason than what was posted. */
interface Trouble {
  readonly failures: number;
  readonly untilMs: number;
}

/**
 * Posts encrypted messages: in order for each peer, the same bytes to the same address however often it takes.
 *
 * A few lanes work side by side and never wait for each other, so a post that hangs holds up its own peer and one lane.
 * A peer is served by one lane at a time, which keeps the order.
 */
export class Outbox {
  readonly #context: ClientContext;
  readonly #lanes: readonly Repeater[];
  readonly #backoff: BackoffBounds;
  readonly #relayBackoff: BackoffBounds;
  /** By message id in hexadecimal, from the first answer on. */
  readonly #attempts = new Map<string, Attempts>();
  /** Peers that a lane is serving. */
  readonly #served = new Set<GossipUserId>();
  /** A failing lane backs off; this keeps the others from failing at the same peer one after the other meanwhile. */
  readonly #troubles = new Map<GossipUserId, Trouble>();
  /** The relay has asked all of us to wait until then. */
  #notBeforeMs = 0;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#backoff = { firstMs: context.polling.repostMs, maxMs: MAX_PAUSE_MS };
    this.#relayBackoff = relayBackoff(context.polling.retryMs);
    this.#lanes = Array.from(
      { length: MAX_PARALLEL },
      () =>
        new Repeater({
          random: context.random,
          work: (signal) => this.#round(signal),
          onFailure: (error) => context.health.failed("messages", error),
          backoff: this.#relayBackoff,
        }),
    );
  }

  run(signal: AbortSignal): Promise<void> {
    return runTasks(
      signal,
      this.#lanes.map((lane) => (inner: AbortSignal) => lane.run(inner)),
    );
  }

  ring(): void {
    for (const lane of this.#lanes) lane.ring();
  }

  wake(): void {
    for (const [key, attempts] of this.#attempts) {
      this.#attempts.set(key, { ...attempts, untilMs: 0 });
    }
    this.#troubles.clear();
    this.#notBeforeMs = 0;
    for (const lane of this.#lanes) lane.wake();
  }

  /** A settled message is not posted again. */
  forget(messageId: Uint8Array): void {
    this.#attempts.delete(toHex(messageId));
  }

  /** One lane's turn: everybody who waits now, so that nobody is passed over for those who always have news. */
  async #round(signal: AbortSignal): Promise<number> {
    const waiting = this.#context.book.all().filter((conversation) => this.#next(conversation));
    for (const { peer } of waiting) {
      // One after the other; those that another lane serves are in good hands.
      if (!this.#served.has(peer)) await this.#drain(peer, signal);
    }
    return this.#untilDueMs();
  }

  /** Posts everything that is ready for a peer. */
  async #drain(peer: GossipUserId, signal: AbortSignal): Promise<void> {
    this.#served.add(peer);
    try {
      for (;;) {
        const conversation = this.#context.book.get(peer);
        const item = conversation && this.#next(conversation);
        if (item === undefined || !(await this.#post(peer, item, signal))) return;
      }
    } finally {
      this.#served.delete(peer);
      const conversation = this.#context.book.get(peer);
      // This lane may be busy or back off when the rest comes due: any other may take it.
      if (conversation && firstUnposted(conversation)) this.ring();
    }
  }

  /** @returns Whether the next one may follow. */
  async #post(peer: GossipUserId, item: QueueItem, signal: AbortSignal): Promise<boolean> {
    const { book, relay, clock, random, health } = this.#context;
    const { value, messageId } = item;
    if (value === undefined) return false;
    const key = toHex(messageId);
    const nowMs = clock.now();
    const before = this.#attempts.get(key);
    const count = (before?.count ?? 0) + 1;
    const firstAtMs = before?.firstAtMs ?? nowMs;
    // Also for a post that goes well: if the relay does not have the value then, the next attempt is not made at once.
    const untilMs = nowMs + backoffMs(count, random(), this.#backoff);
    try {
      await relay.postValue(value.seeker, value.data, { signal });
    } catch (error) {
      // Other bytes are there. Reading them back tells whether they are a copy's; here it only counts as posted.
      if (isConflict(error))
        return this.#posted(peer, item, { count, refusals: 0, firstAtMs, untilMs });
      if (!isRefusal(error)) {
        if (!signal.aborted && error instanceof GossipError) this.#noteTrouble(peer, error);
        throw error;
      }
      this.#troubles.delete(peer);
      const refusals = (before?.refusals ?? 0) + 1;
      this.#attempts.set(key, { count, refusals, firstAtMs, untilMs });
      if (refusals >= MAX_REFUSALS && nowMs - firstAtMs >= MIN_REFUSED_MS) {
        book.step(peer, { type: "refused", messageId });
      }
      return false;
    }
    health.worked("messages");
    return this.#posted(peer, item, { count, refusals: 0, firstAtMs, untilMs });
  }

  #noteTrouble(peer: GossipUserId, { retryAfterMs = 0 }: GossipError): void {
    const { clock, random } = this.#context;
    const nowMs = clock.now();
    const failures = (this.#troubles.get(peer)?.failures ?? 0) + 1;
    const untilMs = nowMs + backoffMs(failures, random(), this.#relayBackoff);
    this.#troubles.set(peer, { failures, untilMs });
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + retryAfterMs);
  }

  #posted(peer: GossipUserId, { messageId }: QueueItem, attempts: Attempts): true {
    this.#troubles.delete(peer);
    this.#attempts.set(toHex(messageId), attempts);
    this.#context.book.step(peer, { type: "posted", messageId });
    return true;
  }

  /** The message that is to be posted next to a peer, if it may be posted now. */
  #next(conversation: Conversation): QueueItem | undefined {
    const item = firstUnposted(conversation);
    if (item === undefined) return undefined;
    return this.#dueAtMs(conversation.peer, item) <= this.#context.clock.now() ? item : undefined;
  }

  #dueAtMs(peer: GossipUserId, { messageId }: QueueItem): number {
    return Math.max(
      this.#notBeforeMs,
      this.#troubles.get(peer)?.untilMs ?? 0,
      this.#attempts.get(toHex(messageId))?.untilMs ?? 0,
    );
  }

  #untilDueMs(): number {
    const nowMs = this.#context.clock.now();
    const waits = this.#context.book.all().flatMap((conversation) => {
      const item = firstUnposted(conversation);
      // Whoever is served now is looked at again by the lane that does.
      if (item === undefined || this.#served.has(conversation.peer)) return [];
      return [Math.max(this.#dueAtMs(conversation.peer, item) - nowMs, 1)];
    });
    return Math.min(IDLE_MS, ...waits);
  }
}

/** Nothing is posted before the announcement of the session it belongs to: the peer could not know where to look. */
function firstUnposted(conversation: Conversation): QueueItem | undefined {
  if (conversation.announcement !== undefined) return undefined;
  return conversation.queue.find((item) => item.value !== undefined && !item.posted);
}
