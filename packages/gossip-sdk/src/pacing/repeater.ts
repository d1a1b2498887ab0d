import { Alarm } from "sdk-kit";
import { GossipError, type GossipErrorCode } from "../errors.ts";
import { type BackoffBounds, backoffMs } from "./backoff.ts";

/** After these there is nothing to wait for: whoever runs the work has to know. */
const FATAL: ReadonlySet<GossipErrorCode> = new Set([
  "closed",
  "state_newer",
  "state_unreadable",
  "wrong_key",
]);

export interface RepeaterOptions {
  /** Does one round. @returns How long to wait for the next, in milliseconds. */
  readonly work: (signal: AbortSignal) => Promise<number>;
  /** Told of every failed round that is tried again. */
  readonly onFailure?: (error: GossipError) => void;
  readonly random: () => number;
  readonly backoff: BackoffBounds;
}

/**
 * Does something again and again until it is told to stop. What fails for a reason outside (the relay, a full disk) is
 * tried again after a growing, jittered pause, or after the time the relay asked for if that is longer.
 */
export class Repeater {
  readonly #options: RepeaterOptions;
  readonly #alarm = new Alarm();
  #round: AbortController | undefined;
  #backingOff = false;

  constructor(options: RepeaterOptions) {
    this.#options = options;
  }

  /** The next round comes at once, unless the last one failed: news are no reason to press a relay that is down. */
  ring(): void {
    if (!this.#backingOff) this.#alarm.ring();
  }

  /** Ends the round that is on, which may wait for a connection that died in our sleep, and begins the next at once. */
  wake(): void {
    this.#backingOff = false;
    this.#round?.abort();
    this.#alarm.ring();
  }

  /** Resolves when the signal has aborted and the last round has ended. Rejects for a bug or a lost store. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    const stop = (): void => this.#round?.abort();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        const round = new AbortController();
        this.#round = round;
        let waitMs = 0;
        try {
          // Rounds follow one another.
          waitMs = await this.#options.work(round.signal);
          failures = 0;
          this.#backingOff = false;
        } catch (error) {
          if (round.signal.aborted) {
            this.#alarm.forget();
            continue;
          }
          if (!(error instanceof GossipError) || FATAL.has(error.code)) throw error;
          failures += 1;
          this.#backingOff = true;
          this.#alarm.forget();
          this.#options.onFailure?.(error);
          const { random, backoff } = this.#options;
          waitMs = Math.max(backoffMs(failures, random(), backoff), error.retryAfterMs ?? 0);
        }
        await this.#alarm.sleep(waitMs, signal);
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}
