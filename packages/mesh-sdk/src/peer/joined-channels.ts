import type { Clock } from "../clock.ts";
import type { MeshStore } from "../store/port.ts";

const NOTE_PREFIX = "joined:";
/** How far a sender's clock may be behind ours without what it says now counting as said before. */
const SLACK_MS = 2 * 60_000;

/**
 * Since when channels are listened to, over restarts. Somebody who acts on what it hears must not act on what was said before
 * it came: the history of a channel reaches every newcomer by catch-up.
 */
export class JoinedChannels {
  readonly #store: Pick<MeshStore, "readNote" | "writeNote">;
  readonly #clock: Clock;
  readonly #joinedAtMs = new Map<string, number>();

  constructor(store: Pick<MeshStore, "readNote" | "writeNote">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The channels from now on. One that is left and joined again begins anew. @throws MeshError of the store. */
  set(channelIds: ReadonlySet<string>): void {
    for (const id of this.#joinedAtMs.keys()) if (!channelIds.has(id)) this.#leave(id);
    for (const id of channelIds) if (!this.#joinedAtMs.has(id)) this.#join(id);
  }

  /** Whether something was said after we came to a channel; everything is, where {@link set} did not name it. No I/O. */
  isSince(channelId: string, timestampMs: number): boolean {
    return timestampMs >= (this.#joinedAtMs.get(channelId) ?? 0) - SLACK_MS;
  }

  #join(id: string): void {
    const noted = Number(this.#store.readNote(NOTE_PREFIX + id) ?? "");
    const joinedAtMs = noted > 0 ? noted : this.#clock.now();
    if (noted !== joinedAtMs) this.#store.writeNote(NOTE_PREFIX + id, String(joinedAtMs));
    this.#joinedAtMs.set(id, joinedAtMs);
  }

  #leave(id: string): void {
    this.#store.writeNote(NOTE_PREFIX + id, "");
    this.#joinedAtMs.delete(id);
  }
}
