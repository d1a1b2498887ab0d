/** Counts up, and tells who waits for a number. */
export class HitCounter {
  readonly #waiting = new Set<{ readonly hits: number; readonly resolve: () => void }>();
  #hits = 0;

  get hits(): number {
    return this.#hits;
  }

  add(hits: number): void {
    this.#hits += hits;
    for (const waiter of this.#waiting) {
      if (waiter.hits > this.#hits) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  reached(hits: number): Promise<void> {
    if (this.#hits >= hits) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add({ hits, resolve });
    return promise;
  }
}
