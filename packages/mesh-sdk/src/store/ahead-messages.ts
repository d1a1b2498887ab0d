/** Times passed are swept out once there are so many. */
const SWEEP_AT = 4_096;

/**
 * Messages that are dated ahead of our clock, by channel, as they came. In memory alone: their time comes within two minutes,
 * and then they are as any other; what is forgotten with the process costs the order of two minutes and nothing else.
 */
export class AheadMessages {
  /** By channel: timestamps by arrival number, in the order of arrival. */
  readonly #byChannel = new Map<number, Map<number, number>>();
  #count = 0;
  #sweepAt = SWEEP_AT;

  note(channel: number, arrival: number, timestampMs: number, nowMs: number): void {
    const known = this.#byChannel.get(channel);
    if (known === undefined) this.#byChannel.set(channel, new Map([[arrival, timestampMs]]));
    else known.set(arrival, timestampMs);
    this.#count += 1;
    if (this.#count >= this.#sweepAt) this.#sweep(nowMs);
  }

  /** The arrival number of the one that came first among those whose time has not come; undefined when there is none. */
  first(channel: number, nowMs: number): number | undefined {
    for (const [arrival, timestampMs] of this.#byChannel.get(channel) ?? []) {
      if (timestampMs > nowMs) return arrival;
      this.forget(channel, arrival);
    }
    return undefined;
  }

  forget(channel: number, arrival: number): void {
    const known = this.#byChannel.get(channel);
    if (known?.delete(arrival) !== true) return;
    this.#count -= 1;
    if (known.size === 0) this.#byChannel.delete(channel);
  }

  /** After a step that failed: its numbers are used again. */
  clear(): void {
    this.#byChannel.clear();
    this.#count = 0;
  }

  #sweep(nowMs: number): void {
    for (const [channel, known] of this.#byChannel) {
      for (const [arrival, timestampMs] of known) {
        if (timestampMs <= nowMs) this.forget(channel, arrival);
      }
    }
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#count);
  }
}
