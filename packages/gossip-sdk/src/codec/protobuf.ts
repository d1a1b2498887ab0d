import { malformed } from "../errors.ts";

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

const MAX_VARINT_BYTES = 10;
const MAX_FIELD_NUMBER = 536_870_911;

/** One field of a message. Bytes are a view of the input. */
export type ProtobufField =
  | { readonly number: number; readonly wireType: "varint"; readonly value: bigint }
  | { readonly number: number; readonly wireType: "bytes"; readonly value: Uint8Array };

/** Writes the two wire types that the official client reads: variable-length integers and byte strings. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** A non-negative integer below 2^32. */
  varint(field: number, value: number): this {
    this.#parts.push(encodeVarint(field * 8 + WIRE_VARINT), encodeVarint(value));
    return this;
  }

  /** A byte string or the UTF-8 of a text. */
  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(encodeVarint(field * 8 + WIRE_BYTES), encodeVarint(value.length), value);
    return this;
  }

  finish(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

/**
 * Reads the fields of one message in order. Fields of the fixed wire types, which nobody of ours writes, are skipped;
 * groups are refused. Throws GossipError `malformed`.
 */
export class ProtobufReader {
  readonly #input: Uint8Array;
  #offset = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  /** The next field, or undefined at the end. */
  next(): ProtobufField | undefined {
    while (this.#offset < this.#input.length) {
      const key = this.#varint();
      const number = Number(key >> 3n);
      if (number < 1 || number > MAX_FIELD_NUMBER) throw malformed("protobuf: bad field number");
      switch (Number(key & 7n)) {
        case WIRE_VARINT:
          return { number, wireType: "varint", value: this.#varint() };
        case WIRE_BYTES: {
          const length = Number(this.#varint());
          return { number, wireType: "bytes", value: this.#take(length) };
        }
        case WIRE_FIXED32:
          this.#take(4);
          break;
        case WIRE_FIXED64:
          this.#take(8);
          break;
        default:
          throw malformed("protobuf: unknown wire type");
      }
    }
    return undefined;
  }

  #varint(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#input[this.#offset++];
      if (byte === undefined) throw malformed("protobuf: input ends too early");
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed("protobuf: integer too long");
  }

  #take(length: number): Uint8Array {
    if (length > this.#input.length - this.#offset)
      throw malformed("protobuf: input ends too early");
    const value = this.#input.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return value;
  }
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
