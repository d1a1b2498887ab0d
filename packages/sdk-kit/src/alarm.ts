/** The longest a timer of Node.js waits; anything longer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A sleep that can be ended early. A ring that comes while nobody sleeps ends the next sleep at once, so that nothing
 * which happens between two sleeps is slept through. For one sleeper.
 */
export class Alarm {
  #wake: (() => void) | undefined;
  #rung = false;

  /** Ends the sleep that is on, or the next one. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Makes nothing of a ring that nobody slept through yet. */
  forget(): void {
    this.#rung = false;
  }

  /** Resolves after a time, when the alarm rings, or when the signal aborts, whichever is first. Never rejects. */
  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      const timer = setTimeout(wake, Math.min(Math.max(durationMs, 0), MAX_TIMER_MS));
      this.#wake = wake;
      signal.addEventListener("abort", wake, { once: true });
      await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
