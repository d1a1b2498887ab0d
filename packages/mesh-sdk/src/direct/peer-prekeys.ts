import type { Clock } from "../clock.ts";
import { MeshError } from "../errors.ts";
import { type Fields, isFields } from "../frame/fields.ts";
import { parsePrekey, type Prekey } from "./prekey.ts";

const NOTE_PREFIX = "prekey/";

/** Small values that last; a {@link MeshStore} is one. */
export interface NoteStore {
  readNote(name: string): string | undefined;
  writeNote(name: string, value: string): void;
}

/**
 * The prekeys of others (section 5.2), of each the newest seen. An old one that is shown again is refused: its private half
 * may have leaked since, and its owner may have deleted it.
 */
export class PeerPrekeys {
  readonly #notes: NoteStore;
  readonly #clock: Clock;

  constructor(deps: { readonly notes: NoteStore; readonly clock: Clock }) {
    this.#notes = deps.notes;
    this.#clock = deps.clock;
  }

  /**
   * Remembers a prekey. Ask only for peers that we write to or that write to us: each leaves a note for good.
   *
   * @param fields - As {@link signPrekey} makes it, from anywhere.
   * @returns True when it is newer than what was known.
   * @throws MeshError `malformed` | `forged`; `forged` also for another peer's, and for another key under a known version.
   */
  learn(peerId: string, fields: Fields): boolean {
    const prekey = parsePrekey(fields, this.#clock.now());
    if (prekey.peerId !== peerId) {
      throw new MeshError("forged", "prekey: it is another peer's");
    }
    const known = this.#read(peerId);
    if (known !== undefined && prekey.version <= known.version) {
      if (prekey.version === known.version && fields["key"] !== known.key) {
        throw new MeshError("forged", "prekey: its owner gave out two under one version");
      }
      return false;
    }
    this.#notes.writeNote(NOTE_PREFIX + peerId, JSON.stringify(fields));
    return true;
  }

  /** The newest of a peer that messages can be sealed to. @throws MeshError `no_key_for_peer`. */
  current(peerId: string): Prekey {
    const known = this.#read(peerId);
    try {
      if (known !== undefined) return parsePrekey(known.fields, this.#clock.now());
    } catch (cause) {
      throw new MeshError("no_key_for_peer", "direct message: the receiver's prekey is over", {
        cause,
      });
    }
    throw new MeshError("no_key_for_peer", "direct message: no prekey of the receiver yet");
  }

  #read(
    peerId: string,
  ): { readonly fields: Fields; readonly version: number; readonly key: unknown } | undefined {
    const note = this.#notes.readNote(NOTE_PREFIX + peerId);
    if (note === undefined) return undefined;
    const fields: unknown = JSON.parse(note);
    if (!isFields(fields) || typeof fields["version"] !== "number") {
      throw new MeshError("state_unreadable", "store: the note of a prekey has another form");
    }
    return { fields, version: fields["version"], key: fields["key"] };
  }
}
