import { malformed } from "../errors.ts";
import { utf8Bytes, utf8Text } from "./bytes.ts";

// Tags of the variable-length integers, docs/protocol/gossip.md section 3.1.
const TAG_U16 = 251;
const TAG_U32 = 252;
const TAG_U64 = 253;
const TAG_U128 = 254;

/** Builds the "bin" encoding of section 3.1: fields in order, lengths and integers of variable length. */
export class BinWriter {
  #buffer = new Uint8Array(256);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;

  /** One raw byte. */
  u8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  /** An unsigned integer (u16 to u128 in the official types), in the smallest form. Safe integers only. */
  varint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError("bin: not an unsigned safe integer");
    this.#reserve(9);
    if (value < TAG_U16) {
      this.#buffer[this.#length++] = value;
    } else if (value < 0x1_0000) {
      this.#buffer[this.#length] = TAG_U16;
      this.#view.setUint16(this.#length + 1, value, true);
      this.#length += 3;
    } else if (value < 0x1_0000_0000) {
      this.#buffer[this.#length] = TAG_U32;
      this.#view.setUint32(this.#length + 1, value, true);
      this.#length += 5;
    } else {
      this.#buffer[this.#length] = TAG_U64;
      this.#view.setBigUint64(this.#length + 1, BigInt(value), true);
      this.#length += 9;
    }
    return this;
  }

  /** A fixed array: the bytes alone. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A byte vector: its length, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes);
  }

  /** A text: length of its UTF-8, then the UTF-8. */
  text(text: string): this {
    return this.bytes(utf8Bytes(text));
  }

  /** What was written, in a buffer of its own. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/**
 * Reads the "bin" encoding. Every method throws GossipError `malformed` when the input ends too early or breaks a rule.
 * Byte results are views of the input: copy what outlives it.
 */
export class BinReader {
  readonly #input: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#input.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /**
   * An unsigned integer. A wider form than needed is taken, as the official decoder does; a value above 2^53 - 1 is
   * refused, since no honest length or time is that large.
   */
  varint(): number {
    const tag = this.u8();
    if (tag < TAG_U16) return tag;
    if (tag === TAG_U16) return this.#view.getUint16(this.#take(2), true);
    if (tag === TAG_U32) return this.#view.getUint32(this.#take(4), true);
    if (tag === TAG_U64 || tag === TAG_U128) {
      const low = this.#view.getBigUint64(this.#take(8), true);
      const high = tag === TAG_U128 ? this.#view.getBigUint64(this.#take(8), true) : 0n;
      const value = Number(low);
      if (high !== 0n || !Number.isSafeInteger(value)) throw malformed("bin: integer out of range");
      return value;
    }
    throw malformed("bin: unknown integer tag");
  }

  /** A fixed array of `length` bytes. */
  raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#input.subarray(start, start + length);
  }

  /** A byte vector of at most `maxLength` bytes. */
  bytes(maxLength: number): Uint8Array {
    const length = this.varint();
    if (length > maxLength)
      throw malformed(`bin: ${length} bytes where at most ${maxLength} may be`);
    return this.raw(length);
  }

  /** A byte vector of exactly `length` bytes. */
  bytesOf(length: number): Uint8Array {
    const found = this.varint();
    if (found !== length) throw malformed(`bin: expected ${length} bytes, got ${found}`);
    return this.raw(length);
  }

  /** A text of at most `maxBytes` bytes of UTF-8. */
  text(maxBytes: number): string {
    return utf8Text(this.bytes(maxBytes));
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#input.length - start) throw malformed("bin: input ends too early");
    this.#offset = start + length;
    return start;
  }
}
