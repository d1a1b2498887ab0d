import { invalidArgument } from "../grpc/status.ts";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const MAX_FIELD_NUMBER = 536_870_911n;
const NOTHING = new Uint8Array(0);
const TEXT = new TextDecoder("utf-8", { fatal: true });

/**
 * One protobuf message as its fields, by number, read without a schema.
 *
 * What a caller does not ask for stays untouched bytes: a signed message inside a message goes out exactly as it came
 * in, with fields that nobody here knows.
 *
 * Absent fields read as protobuf's zero values. As protobuf wants it, the last of several values counts.
 */
export class Fields {
  readonly #varints = new Map<number, bigint>();
  readonly #bytes = new Map<number, Uint8Array[]>();

  /** @throws {@link GrpcStatus} `INVALID_ARGUMENT` when these bytes are no protobuf message. */
  constructor(input: Uint8Array) {
    const cursor = { input, offset: 0 };
    while (cursor.offset < input.length) {
      const key = readVarint(cursor);
      const number = key >> 3n;
      if (number < 1n || number > MAX_FIELD_NUMBER) throw malformed("bad field number");
      this.#read(Number(number), Number(key & 7n), cursor);
    }
  }

  #read(number: number, wireType: number, cursor: Cursor): void {
    switch (wireType) {
      case VARINT:
        this.#varints.set(number, readVarint(cursor));
        return;
      case LENGTH_DELIMITED: {
        const value = take(cursor, Number(readVarint(cursor)));
        const values = this.#bytes.get(number);
        if (values === undefined) this.#bytes.set(number, [value]);
        else values.push(value);
        return;
      }
      case FIXED64:
        take(cursor, 8);
        return;
      case FIXED32:
        take(cursor, 4);
        return;
      default:
        throw malformed("unknown wire type");
    }
  }

  /** Whether a message, bytes, or text field is there, be it empty. */
  has(number: number): boolean {
    return this.#bytes.has(number);
  }

  /** A view of the input; empty when absent. */
  bytes(number: number): Uint8Array {
    return this.#bytes.get(number)?.at(-1) ?? NOTHING;
  }

  /** Every value of a repeated field, in order. */
  repeated(number: number): readonly Uint8Array[] {
    return this.#bytes.get(number) ?? [];
  }

  /** @throws {@link GrpcStatus} `INVALID_ARGUMENT` when it is no UTF-8. */
  text(number: number): string {
    try {
      return TEXT.decode(this.bytes(number));
    } catch {
      throw malformed("text that is no UTF-8");
    }
  }

  /** uint64 and int64 alike: the 64 bits, unsigned. */
  uint64(number: number): bigint {
    return this.#varints.get(number) ?? 0n;
  }

  /** uint32, enum: the low 32 bits. */
  uint32(number: number): number {
    return Number(BigInt.asUintN(32, this.uint64(number)));
  }

  bool(number: number): boolean {
    return this.uint64(number) !== 0n;
  }

  message(number: number): Fields {
    return new Fields(this.bytes(number));
  }

  messages(number: number): Fields[] {
    return this.repeated(number).map((bytes) => new Fields(bytes));
  }
}

/** Builds one protobuf message. Zero values are left out, as proto3 does; `present` fields never are. */
export class FieldWriter {
  readonly #parts: Uint8Array[] = [];

  uint64(number: number, value: bigint): this {
    if (value !== 0n)
      this.#parts.push(encodeVarint(BigInt(number * 8 + VARINT)), encodeVarint(value));
    return this;
  }

  uint32(number: number, value: number): this {
    return this.uint64(number, BigInt(value));
  }

  bool(number: number, value: boolean): this {
    return this.uint64(number, value ? 1n : 0n);
  }

  bytes(number: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.present(number, value);
  }

  text(number: number, value: string): this {
    return this.bytes(number, Buffer.from(value));
  }

  /** A message, an item of a repeated field, or an optional that is there: written also when empty. */
  present(number: number, value: Uint8Array): this {
    const header = [BigInt(number * 8 + LENGTH_DELIMITED), BigInt(value.length)].map(encodeVarint);
    this.#parts.push(...header, value);
    return this;
  }

  repeated(number: number, values: Iterable<Uint8Array>): this {
    for (const value of values) this.present(number, value);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

interface Cursor {
  readonly input: Uint8Array;
  offset: number;
}

function readVarint(cursor: Cursor): bigint {
  // Keys, lengths, and flags are short; numbers of up to 28 bits need no big integers.
  let low = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = nextByte(cursor);
    low |= (byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt(low);
  }
  let value = BigInt(low);
  for (let shift = 28n; shift < 70n; shift += 7n) {
    const byte = nextByte(cursor);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw malformed("integer too long");
}

function nextByte(cursor: Cursor): number {
  const byte = cursor.input[cursor.offset];
  if (byte === undefined) throw malformed("input ends too early");
  cursor.offset += 1;
  return byte;
}

function take(cursor: Cursor, length: number): Uint8Array {
  if (length > cursor.input.length - cursor.offset) throw malformed("input ends too early");
  const value = cursor.input.subarray(cursor.offset, cursor.offset + length);
  cursor.offset += length;
  return value;
}

function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function malformed(what: string): Error {
  return invalidArgument(`protobuf: ${what}`);
}
