import { BinReader, BinWriter } from "../codec/bin.ts";
import { equalBytes } from "../codec/bytes.ts";
import { GossipError } from "../errors.ts";
import {
  type GossipUserId,
  USER_ID_BYTES,
  userIdFromBytes,
  userIdToBytes,
} from "../identity/user-id.ts";
import { MAX_ANNOUNCEMENT_BYTES } from "../limits.ts";

const VERSION = 1;

/** An honest announcement has about 9 kB, so the number is what binds, unless somebody blows theirs up. */
export const MAX_EARLY = 32;
export const MAX_EARLY_BYTES = 512 * 1024;

/** An announcement whose time, by our clock, is still to come. */
export interface EarlyAnnouncement {
  readonly peer: GossipUserId;
  readonly createdAtMs: number;
  /** Time of the peer's newest announcement that we had taken when this one came; 0 when there was none. */
  readonly previousMs: number;
  readonly bytes: Uint8Array;
}

/**
 * What is kept after one more was found: of each sender the one found last, and of all senders a bounded number.
 *
 * Anybody can make announcements for any time. So approved people come first, then what comes due soonest: to push out
 * somebody whose clock is a little fast takes a steady stream, whose every announcement is gone again, as an ordinary
 * contact request, as soon as its time has come. What is dated far ahead, and would stay for ever, goes first.
 */
export function keepEarly(
  kept: readonly EarlyAnnouncement[],
  found: EarlyAnnouncement,
  isApproved: (peer: GossipUserId) => boolean,
): readonly EarlyAnnouncement[] {
  // The relay lists it twice, or is read again: what was noted at the first time counts.
  if (kept.some(({ bytes }) => equalBytes(bytes, found.bytes))) return kept;
  const ranked = [...kept.filter(({ peer }) => peer !== found.peer), found].toSorted(
    (left, right) =>
      Number(isApproved(right.peer)) - Number(isApproved(left.peer)) ||
      left.createdAtMs - right.createdAtMs,
  );
  let room = MAX_EARLY_BYTES;
  const fitting = ranked.slice(0, MAX_EARLY).filter(({ bytes }) => {
    if (bytes.length > room) return false;
    room -= bytes.length;
    return true;
  });
  return fitting.length === kept.length && fitting.every((one) => kept.includes(one))
    ? kept
    : fitting;
}

export function encodeEarly(kept: readonly EarlyAnnouncement[]): Uint8Array {
  const writer = new BinWriter().u8(VERSION).varint(kept.length);
  for (const { peer, createdAtMs, previousMs, bytes } of kept) {
    writer.raw(userIdToBytes(peer)).varint(createdAtMs).varint(previousMs).bytes(bytes);
  }
  return writer.finish();
}

/** @throws GossipError `state_newer` | `state_unreadable`. */
export function decodeEarly(encoded: Uint8Array): EarlyAnnouncement[] {
  const version = encoded[0] ?? 0;
  if (version > VERSION) throw new GossipError("state_newer", "early announcements: newer version");
  try {
    const reader = new BinReader(encoded.subarray(1));
    return Array.from({ length: Math.min(reader.varint(), MAX_EARLY) }, () => ({
      peer: userIdFromBytes(reader.raw(USER_ID_BYTES)),
      createdAtMs: reader.varint(),
      previousMs: reader.varint(),
      bytes: reader.bytes(MAX_ANNOUNCEMENT_BYTES).slice(),
    }));
  } catch (cause) {
    throw new GossipError("state_unreadable", "early announcements: damaged", { cause });
  }
}
