/** What a receiver got: which texts, how often, and when first. */
export class Receipts {
  readonly #firstAtMs = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #doubled = 0;

  readonly note = (texts: readonly string[]): void => {
    const nowMs = performance.now();
    for (const text of texts) {
      if (this.#firstAtMs.has(text)) this.#doubled += 1;
      else this.#firstAtMs.set(text, nowMs);
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  };

  get count(): number {
    return this.#firstAtMs.size;
  }

  get doubled(): number {
    return this.#doubled;
  }

  firstAtMs(text: string): number | undefined {
    return this.#firstAtMs.get(text);
  }

  /** When a text came first. @throws when it does not come within `timeoutMs`. */
  async whenFirst(text: string, timeoutMs: number): Promise<number> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const atMs = this.firstAtMs(text);
      if (atMs !== undefined) return atMs;
      if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${text}`);
      await this.change(endMs - performance.now());
    }
  }

  /** Resolves when something came, or when the time is up. */
  async change(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  /** Resolves when so many are there. @throws when nothing comes for `silenceMs`. */
  async reach(count: number, silenceMs: number): Promise<void> {
    while (this.count < count) {
      const before = this.count;
      await this.change(silenceMs);
      if (this.count === before)
        throw new Error(`${count - before} of ${count} messages are missing`);
    }
  }
}
