import { BinReader, BinWriter } from "../codec/bin.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { GossipError } from "../errors.ts";
import {
  type GossipUserId,
  USER_ID_BYTES,
  userIdFromBytes,
  userIdToBytes,
} from "../identity/user-id.ts";

/** One of our announcements: the peer that has several of them goes by the newest. */
export interface Standing {
  readonly peer: GossipUserId;
  readonly announcedAtMs: number;
}

const LABEL = "gossip-sdk.copy-note.v1";
const MAX_LABEL_BYTES = 64;

/** People in one note; more get more notes. */
const MAX_STANDINGS = 100;

/** Every note has this size, so that it does not tell how many people there are: 42 bytes for each, and the label. */
const NOTE_BYTES = 4_300;

/** Where we stand with everybody we talk to, as far as it is on the bulletin. */
export function standingsOf(conversations: readonly Conversation[]): Standing[] {
  return conversations.flatMap(({ peer, accepted, announcement, session }) => {
    const announcedAtMs = session.outgoing?.createdAtMs;
    const isOut = accepted && announcement?.stage !== "built";
    return isOut && announcedAtMs !== undefined ? [{ peer, announcedAtMs }] : [];
  });
}

/** User data of the announcements to ourselves that tell it to other copies of this account. */
export function encodeCopyNotes(standings: readonly Standing[]): Uint8Array[] {
  const notes: Uint8Array[] = [];
  for (let start = 0; start < standings.length; start += MAX_STANDINGS) {
    const part = standings.slice(start, start + MAX_STANDINGS);
    const writer = new BinWriter().text(LABEL).varint(part.length);
    for (const { peer, announcedAtMs } of part) {
      writer.raw(userIdToBytes(peer)).varint(announcedAtMs);
    }
    const note = new Uint8Array(NOTE_BYTES);
    note.set(writer.finish());
    notes.push(note);
  }
  return notes;
}

/** Undefined when the user data is something else. */
export function tryDecodeCopyNote(userData: Uint8Array): Standing[] | undefined {
  try {
    const reader = new BinReader(userData);
    if (reader.text(MAX_LABEL_BYTES) !== LABEL) return undefined;
    const count = Math.min(reader.varint(), MAX_STANDINGS);
    return Array.from({ length: count }, () => ({
      peer: userIdFromBytes(reader.raw(USER_ID_BYTES)),
      announcedAtMs: reader.varint(),
    }));
  } catch (error) {
    if (error instanceof GossipError) return undefined;
    throw error;
  }
}
