/**
 * A small seeded generator (sfc32): the same seed and label give the same inputs on every machine. For tests only;
 * nothing here is secret.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param label - Separates the streams of one seed, e.g. the name of the parser. */
  constructor(seed: number, label: string) {
    this.#a = seed | 0;
    this.#b = 0x9e37_79b9;
    this.#c = 0;
    for (const character of label) this.#c = (Math.imul(this.#c, 31) + character.charCodeAt(0)) | 0;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** The next 32 bits as an unsigned number. */
  u32(): number {
    const out = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + out;
    this.#c |= 0;
    return out >>> 0;
  }

  /** A whole number from 0 to `limit - 1`; 0 when the limit is below 1. */
  below(limit: number): number {
    return limit < 1 ? 0 : this.u32() % limit;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i += 4) {
      const word = this.u32();
      for (let j = i; j < Math.min(i + 4, length); j++) out[j] = word >>> (8 * (j - i));
    }
    return out;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }
}
