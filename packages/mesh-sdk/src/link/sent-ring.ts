/** Enough of a digest to tell messages apart; whoever finds two with the same keeps one of their own from one neighbor. */
const KEY_BYTES = 16;

/** Which messages a neighbor has, as far as we remember: the last `capacity` of them. */
export interface SentRing {
  /** Notes a message by its digest. @returns Whether it was not noted yet. */
  add(digest: Uint8Array): boolean;
}

/** A set of bounded size that forgets the oldest first. What it has forgotten may be sent twice, which does no harm. */
export function createSentRing(capacity: number): SentRing {
  const keys = new Set<string>();
  return {
    add(digest) {
      const key = Buffer.from(digest.buffer, digest.byteOffset, KEY_BYTES).toString("latin1");
      if (keys.has(key)) return false;
      keys.add(key);
      if (keys.size > capacity) {
        for (const oldest of keys) {
          keys.delete(oldest);
          break;
        }
      }
      return true;
    },
  };
}
