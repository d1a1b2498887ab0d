import * as z from "zod";
import type { Clock } from "../clock.ts";
import { MeshError } from "../errors.ts";
import type { MeshStore } from "../store/port.ts";

/** All channels of now in one note: what is not in it was left, whenever that was. */
const NOTE = "joined";
/** Before that each had a note of its own, which nobody could list. */
const OLD_NOTE_PREFIX = "joined:";
/** How far a sender's clock may be behind ours without what it says now counting as said before. */
const SLACK_MS = 2 * 60_000;

const NoteSchema = z.array(z.tuple([z.string(), z.number()]));

/**
 * Since when channels are listened to, over restarts. Somebody who acts on what it hears must not act on what was said before
 * it came: the history of a channel reaches every newcomer by catch-up.
 */
export class JoinedChannels {
  readonly #store: Pick<MeshStore, "readNote" | "writeNote">;
  readonly #clock: Clock;
  #joinedAtMs: ReadonlyMap<string, number> = new Map();
  #isRead = false;

  constructor(store: Pick<MeshStore, "readNote" | "writeNote">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * The channels from now on. One that is left and joined again begins anew, also when it was left between two runs.
   *
   * @throws MeshError of the store, or `state_unreadable`.
   */
  set(channelIds: ReadonlySet<string>): void {
    const nowMs = this.#clock.now();
    const known = this.#isRead ? this.#joinedAtMs : this.#read(channelIds);
    const next = new Map([...channelIds].map((id) => [id, known.get(id) ?? nowMs]));
    const text = JSON.stringify([...next]);
    if (text !== this.#store.readNote(NOTE)) this.#store.writeNote(NOTE, text);
    this.#joinedAtMs = next;
    this.#isRead = true;
  }

  /** Whether something was said after we came to a channel; everything is, where {@link set} did not name it. No I/O. */
  isSince(channelId: string, timestampMs: number): boolean {
    return timestampMs >= (this.#joinedAtMs.get(channelId) ?? 0) - SLACK_MS;
  }

  #read(channelIds: ReadonlySet<string>): ReadonlyMap<string, number> {
    const text = this.#store.readNote(NOTE);
    return text === undefined ? this.#readOld(channelIds) : new Map(parseNote(text));
  }

  #readOld(channelIds: ReadonlySet<string>): ReadonlyMap<string, number> {
    const noted = [...channelIds].map((id): readonly [string, number] => [
      id,
      Number(this.#store.readNote(OLD_NOTE_PREFIX + id) ?? ""),
    ]);
    return new Map(noted.filter(([, joinedAtMs]) => joinedAtMs > 0));
  }
}

function parseNote(text: string): z.infer<typeof NoteSchema> {
  try {
    return NoteSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new MeshError("state_unreadable", "store: the note of the channels has another form", {
      cause,
    });
  }
}
