import { toHex } from "../codec/bytes.ts";
import type { Conversation, QueueItem } from "../conversation/conversation.ts";
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

/** Posts encrypted messages: in order for each peer, the same bytes to the same address however often it takes. */
export class Outbox {
  readonly #context: ClientContext;
  readonly #rounds: Repeater;
  readonly #backoff: BackoffBounds;
  /** By message id in hexadecimal, from the first attempt on. */
  readonly #attempts = new Map<string, Attempts>();

  constructor(context: ClientContext) {
    this.#context = context;
    this.#backoff = { firstMs: context.polling.repostMs, maxMs: MAX_PAUSE_MS };
    this.#rounds = new Repeater({
      random: context.random,
      work: (signal) => this.#round(signal),
      onFailure: (error) => context.health.failed("messages", error),
      backoff: relayBackoff(context.polling.retryMs),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#rounds.run(signal);
  }

  ring(): void {
    this.#rounds.ring();
  }

  wake(): void {
    for (const [key, attempts] of this.#attempts) {
      this.#attempts.set(key, { ...attempts, untilMs: 0 });
    }
    this.#rounds.wake();
  }

  /** A settled message is not posted again. */
  forget(messageId: Uint8Array): void {
    this.#attempts.delete(toHex(messageId));
  }

  async #round(signal: AbortSignal): Promise<number> {
    const waiting = this.#context.book.all().filter((conversation) => this.#next(conversation));
    const peers = waiting.map(({ peer }) => peer).values();
    const lanes = Array.from({ length: Math.min(MAX_PARALLEL, waiting.length) }, async () => {
      // A lane serves one peer after the other.
      for (const peer of peers) await this.#drain(peer, signal);
    });
    const results = await Promise.allSettled(lanes);
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return this.#untilDueMs();
  }

  /** Posts everything that is ready for a peer. */
  async #drain(peer: GossipUserId, signal: AbortSignal): Promise<void> {
    for (;;) {
      const conversation = this.#context.book.get(peer);
      const item = conversation && this.#next(conversation);
      if (item === undefined || !(await this.#post(peer, item, signal))) return;
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
      if (!isRefusal(error)) throw error;
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

  #posted(peer: GossipUserId, { messageId }: QueueItem, attempts: Attempts): true {
    this.#attempts.set(toHex(messageId), attempts);
    this.#context.book.step(peer, { type: "posted", messageId });
    return true;
  }

  /** The message that is to be posted next to a peer, if it may be posted now. */
  #next(conversation: Conversation): QueueItem | undefined {
    const item = firstUnposted(conversation);
    const untilMs = item && this.#attempts.get(toHex(item.messageId))?.untilMs;
    return untilMs === undefined || untilMs <= this.#context.clock.now() ? item : undefined;
  }

  #untilDueMs(): number {
    const nowMs = this.#context.clock.now();
    const waits = this.#context.book.all().flatMap((conversation) => {
      const item = firstUnposted(conversation);
      const untilMs = item && this.#attempts.get(toHex(item.messageId))?.untilMs;
      return untilMs === undefined ? [] : [Math.max(untilMs - nowMs, 1)];
    });
    return Math.min(IDLE_MS, ...waits);
  }
}

/** Nothing is posted before the announcement of the session it belongs to: the peer could not know where to look. */
function firstUnposted(conversation: Conversation): QueueItem | undefined {
  if (conversation.announcement !== undefined) return undefined;
  return conversation.queue.find((item) => item.value !== undefined && !item.posted);
}
