import { Alarm } from "sdk-kit";
import type { MeshStore } from "../store/port.ts";

/** What a neighbor has learned late comes as news, piece by piece; this long after the first, the rest is there. */
const LATE_NEWS_MS = 1_000;
/** No neighbor can keep a message from us longer than this, however slowly it is read. */
const MAX_HOLD_MS = 60_000;
const FOREVER_MS = 2 ** 31 - 1;

export interface HeldMailDeps {
  readonly store: Pick<MeshStore, "heldChannels" | "release">;
  /** What is dated up to here was answered by a newer state of ours. */
  readonly answeredToMs: (channelId: string) => number;
  /** Something was given out. */
  readonly onRelease: () => void;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicMs?: () => number;
}

/**
 * Messages that catch-up brings are held back until their channel has been read: an answer of ours, given by a newer state than
 * this one, may lie behind them. They are on disk meanwhile, and held back after a crash too.
 */
export class HeldMail {
  readonly #deps: HeldMailDeps;
  readonly #nowMs: () => number;
  readonly #alarm = new Alarm();
  /** Readings under way, by channel. */
  readonly #readings = new Map<string, number>();
  /** Channels with held messages, since when, and whether they may go. */
  readonly #held = new Map<string, { readonly sinceMs: number; isRead: boolean }>();

  constructor(deps: HeldMailDeps) {
    this.#deps = deps;
    this.#nowMs = deps.monotonicMs ?? (() => performance.now());
    for (const channelId of deps.store.heldChannels()) this.noteHeld(channelId);
  }

  /** A message of a channel was stored and is held back. */
  noteHeld(channelId: string): void {
    if (!this.#held.has(channelId)) {
      this.#held.set(channelId, { sinceMs: this.#nowMs(), isRead: false });
    }
    this.#alarm.ring();
  }

  /** Whether messages of a channel wait: what comes after them waits with them, so that the order stays. */
  isHolding(channelId: string): boolean {
    return this.#held.has(channelId);
  }

  /** A channel is being read from some neighbor, or that has ended. */
  noteReading(channelId: string, is: "begun" | "ended"): void {
    const readings = (this.#readings.get(channelId) ?? 0) + (is === "begun" ? 1 : -1);
    if (readings > 0) this.#readings.set(channelId, readings);
    else this.#readings.delete(channelId);
    const held = this.#held.get(channelId);
    if (held === undefined) return;
    held.isRead = readings === 0;
    this.#alarm.ring();
  }

  /** Gives out what has been held long enough until the signal aborts. @throws MeshError `state_unwritable` | `closed`. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let waitMs = FOREVER_MS;
      for (const [channelId, { isRead, sinceMs }] of this.#held) {
        const holdMs = this.#readings.has(channelId) ? MAX_HOLD_MS : LATE_NEWS_MS;
        const leftMs = isRead ? 0 : sinceMs + holdMs - this.#nowMs();
        if (leftMs <= 0) await this.#release(channelId, signal);
        else waitMs = Math.min(waitMs, leftMs);
      }
      await this.#alarm.sleep(waitMs, signal);
    }
  }

  async #release(channelId: string, signal: AbortSignal): Promise<void> {
    const { answeredToMs, onRelease, store } = this.#deps;
    while (!signal.aborted) {
      if (store.release(channelId, answeredToMs(channelId)) === 0) {
        this.#held.delete(channelId);
        return;
      }
      onRelease();
      await new Promise<void>((next) => {
        setImmediate(next);
      });
    }
  }
}
