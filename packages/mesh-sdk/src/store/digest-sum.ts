/** Bytes of a digest, and of a sum of digests. */
export const DIGEST_BYTES = 32;
const BYTE_VALUES = 256;

/** Count of digests, and their sum modulo 2^256, big-endian (section 4.3). Adding and taking away change it in place. */
export class DigestSum {
  count = 0;
  readonly bytes = new Uint8Array(DIGEST_BYTES);

  /** @param count - How many digests the bytes are the sum of. */
  add(bytes: Uint8Array, count = 1): void {
    this.count += count;
    let carry = 0;
    for (let i = DIGEST_BYTES - 1; i >= 0; i -= 1) {
      const value = (this.bytes[i] ?? 0) + (bytes[i] ?? 0) + carry;
      this.bytes[i] = value;
      carry = value >= BYTE_VALUES ? 1 : 0;
    }
  }

  subtract(bytes: Uint8Array, count = 1): void {
    this.count -= count;
    let borrow = 0;
    for (let i = DIGEST_BYTES - 1; i >= 0; i -= 1) {
      const value = (this.bytes[i] ?? 0) - (bytes[i] ?? 0) - borrow;
      this.bytes[i] = value;
      borrow = value < 0 ? 1 : 0;
    }
  }
}
