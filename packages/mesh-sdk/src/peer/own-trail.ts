import type { MeshMessage } from "../message/message.ts";
import { readContent } from "../message/read-content.ts";
import type { OwnStore } from "../own/own-store.ts";
import type { MeshStore } from "../store/port.ts";

const NOTE_PREFIX = "answered:";

export interface OwnTrailDeps {
  readonly own: Pick<OwnStore, "sent" | "transaction">;
  readonly store: Pick<MeshStore, "readNote" | "writeNote">;
}

/**
 * Messages of ours that come from elsewhere (section 2.6). Ours are numbered in each channel, and on our disk before they
 * leave: one whose number is above our last shows that somebody went on from this state. That was us, before an older copy of it
 * was put back, or it is a copy that runs elsewhere. We number on from there, and what was said before it counts as answered.
 */
export class OwnTrail {
  readonly #deps: OwnTrailDeps;
  readonly #answeredToMs = new Map<string, number>();

  constructor(deps: OwnTrailDeps) {
    this.#deps = deps;
  }

  /**
   * Goes on from a proven message of ours, if it is newer than this state. Call it before the message is stored: once it is,
   * it does not come again, and what follows from it must outlive a crash.
   *
   * @returns Whether it was newer.
   * @throws MeshError of the stores.
   */
  follow(message: MeshMessage): boolean {
    const { own, store } = this.#deps;
    const { channelId, messageId, timestampMs } = message;
    const { seq } = readContent(message);
    if (seq === undefined || seq <= (own.sent.chain(channelId)?.seq ?? 0)) return false;
    const answeredToMs = Math.max(timestampMs, this.answeredToMs(channelId));
    store.writeNote(NOTE_PREFIX + channelId, String(answeredToMs));
    this.#answeredToMs.set(channelId, answeredToMs);
    own.transaction(() => own.sent.setChain(channelId, { seq, prev: messageId }));
    return true;
  }

  /** Time of the newest message of ours in a channel that this state did not make; 0 for none. */
  answeredToMs(channelId: string): number {
    const known = this.#answeredToMs.get(channelId);
    if (known !== undefined) return known;
    const noted = Number(this.#deps.store.readNote(NOTE_PREFIX + channelId) ?? "0");
    return Number.isSafeInteger(noted) ? noted : 0;
  }
}
