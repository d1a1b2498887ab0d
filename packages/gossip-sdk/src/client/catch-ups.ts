import type { GossipUserId } from "../identity/user-id.ts";

interface CatchUp {
  readonly peer: GossipUserId;
  readonly fromPoll: number;
  readonly resolve: () => void;
}

/** Whoever waits until somebody was read to the end. */
export class CatchUps {
  readonly #waiting = new Set<CatchUp>();

  /** Resolves with the first poll, numbered `fromPoll` or later, that leaves nothing of `peer` unread. */
  async wait(peer: GossipUserId, fromPoll: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: CatchUp = { peer, fromPoll, resolve };
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#waiting.add(waiter);
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#waiting.delete(waiter);
    }
  }

  /** @returns Whether somebody still waits, so that another poll is due. */
  onPolled(poll: number, unread: ReadonlySet<GossipUserId>): boolean {
    for (const waiter of this.#waiting) {
      if (poll < waiter.fromPoll || unread.has(waiter.peer)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
    return this.#waiting.size > 0;
  }
}
