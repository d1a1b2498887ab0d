import { DIGEST_BYTES } from "./digest-sum.ts";
import type { ItemKey } from "./port.ts";

/** Before every message of a millisecond. */
export function startOf(timestampMs: number): ItemKey {
  return { timestampMs, digest: new Uint8Array(DIGEST_BYTES) };
}

/** Negative when the first place comes before the second, 0 for the same place: by time, then by bytes of the digest. */
export function compareItems(left: ItemKey, right: ItemKey): number {
  return left.timestampMs - right.timestampMs || Buffer.compare(left.digest, right.digest);
}

/** A digest as the key of a set. */
export function nameOf({ digest }: Pick<ItemKey, "digest">): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString("latin1");
}
