import { hash } from "node:crypto";
import { BinReader, BinWriter } from "../codec/bin.ts";
import { GossipError } from "../errors.ts";
import type { BulletinItem, RelayClient } from "../transport/relay-client.ts";

const VERSION = 1;
const FINGERPRINT_BYTES = 16;
const MAX_COUNTER_DIGITS = 20;

/** How far an account has read the bulletin of its relay. Never beyond what it has read. */
export interface BulletinPosition {
  /** Counter of the last announcement read; 0n before the first. */
  readonly cursor: bigint;
  /** A hash of that announcement, by which a relay that started over and grew past the cursor is recognized. */
  readonly fingerprint: Uint8Array | undefined;
}

/** Where a relay's bulletin begins. */
export const BULLETIN_START: BulletinPosition = { cursor: 0n, fingerprint: undefined };

/** The position after an announcement has been read. */
export function positionAt(item: BulletinItem): BulletinPosition {
  return { cursor: item.counter, fingerprint: fingerprintOf(item.data) };
}

/**
 * The present end of a relay's bulletin, with what is there: a relay that starts over later and grows past this point
 * could not be told from the same relay otherwise.
 */
export async function fetchEndPosition(
  relay: RelayClient,
  signal: AbortSignal,
): Promise<BulletinPosition> {
  const cursor = await relay.fetchBulletinCounter({ signal });
  if (cursor === 0n) return BULLETIN_START;
  const [last] = await relay.fetchBulletin({ after: cursor - 1n, limit: 1 }, { signal });
  return last?.counter === cursor ? positionAt(last) : { cursor, fingerprint: undefined };
}

/**
 * Whether the relay has something else than we read where we stopped: it was installed anew, or lies. What it no longer
 * has, because it deletes old entries, says nothing.
 *
 * @param found - The first announcement after `cursor - 1`.
 */
export function contradicts(position: BulletinPosition, found: BulletinItem | undefined): boolean {
  if (found === undefined || position.fingerprint === undefined) return false;
  if (found.counter !== position.cursor) return false;
  return Buffer.compare(fingerprintOf(found.data), position.fingerprint) !== 0;
}

export function encodePosition(position: BulletinPosition): Uint8Array {
  return new BinWriter()
    .u8(VERSION)
    .text(position.cursor.toString())
    .bytes(position.fingerprint ?? new Uint8Array(0))
    .finish();
}

/** @throws GossipError `state_newer` | `state_unreadable`. */
export function decodePosition(bytes: Uint8Array): BulletinPosition {
  const version = bytes[0] ?? 0;
  if (version > VERSION) throw new GossipError("state_newer", "bulletin position: newer version");
  try {
    const reader = new BinReader(bytes.subarray(1));
    const cursor = reader.text(MAX_COUNTER_DIGITS);
    if (!/^\d+$/.test(cursor)) throw new GossipError("malformed", "counter: not a number");
    const fingerprint = reader.bytes(FINGERPRINT_BYTES).slice();
    return {
      cursor: BigInt(cursor),
      fingerprint: fingerprint.length === 0 ? undefined : fingerprint,
    };
  } catch (cause) {
    throw new GossipError("state_unreadable", "bulletin position: damaged", { cause });
  }
}

function fingerprintOf(data: Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer").subarray(0, FINGERPRINT_BYTES);
}
