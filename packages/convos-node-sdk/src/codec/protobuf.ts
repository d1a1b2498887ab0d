import { malformed } from "../errors.ts";
import { concatBytes, utf8Bytes, utf8Text } from "./bytes.ts";

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

const MAX_VARINT_BYTES = 10;
const MAX_FIELD_NUMBER = 536_870_911;
/** Of one message, nested ones not counted. A group has at most 250 members, and nothing else repeats. */
const MAX_FIELDS = 10_000;

/** One field of a message. `raw` is the whole field with its tag, so that it can be written again as it was. */
export type ProtobufField = { readonly number: number; readonly raw: Uint8Array } & (
  | { readonly wireType: "varint"; readonly value: bigint }
  | { readonly wireType: "fixed64"; readonly value: Uint8Array }
  | { readonly wireType: "bytes"; readonly value: Uint8Array }
  | { readonly wireType: "fixed32"; readonly value: Uint8Array }
);

/** Writes fields in the order of the calls. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** A boolean or an enumeration: a non-negative integer below 2^31. */
  varint(field: number, value: number): this {
    this.#parts.push(encodeVarint(field * 8 + WIRE_VARINT), encodeVarint(value));
    return this;
  }

  uint64(field: number, value: bigint): this {
    this.#parts.push(encodeVarint(field * 8 + WIRE_VARINT), encodeVarint(value));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(encodeVarint(field * 8 + WIRE_BYTES), encodeVarint(value.length), value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8Bytes(value));
  }

  /** A signed 64-bit integer of fixed width. */
  sfixed64(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
    this.#parts.push(encodeVarint(field * 8 + WIRE_FIXED64), bytes);
    return this;
  }

  double(field: number, value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#parts.push(encodeVarint(field * 8 + WIRE_FIXED64), bytes);
    return this;
  }

  finish(): Uint8Array {
    return concatBytes(...this.#parts);
  }
}

/**
 * All fields of one message in their order. Values are views of the input. Groups, which nobody writes, are refused.
 *
 * @throws ConvosError `malformed`.
 */
export function readFields(input: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let offset = 0;

  function varint(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = input[offset++];
      if (byte === undefined) throw malformed("protobuf: input ends too early");
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed("protobuf: integer too long");
  }

  function take(length: number): Uint8Array {
    if (length > input.length - offset) throw malformed("protobuf: input ends too early");
    offset += length;
    return input.subarray(offset - length, offset);
  }

  while (offset < input.length) {
    if (fields.length === MAX_FIELDS) throw malformed("protobuf: too many fields");
    const start = offset;
    const key = varint();
    const number = Number(key >> 3n);
    if (number < 1 || number > MAX_FIELD_NUMBER) throw malformed("protobuf: bad field number");
    switch (Number(key & 7n)) {
      case WIRE_VARINT: {
        const value = varint();
        fields.push({ number, wireType: "varint", value, raw: input.subarray(start, offset) });
        break;
      }
      case WIRE_FIXED64: {
        const value = take(8);
        fields.push({ number, wireType: "fixed64", value, raw: input.subarray(start, offset) });
        break;
      }
      case WIRE_BYTES: {
        const value = take(Number(varint()));
        fields.push({ number, wireType: "bytes", value, raw: input.subarray(start, offset) });
        break;
      }
      case WIRE_FIXED32: {
        const value = take(4);
        fields.push({ number, wireType: "fixed32", value, raw: input.subarray(start, offset) });
        break;
      }
      default:
        throw malformed("protobuf: unknown wire type");
    }
  }
  return fields;
}

/*
 * Readers of one field, all as proto3 has it: the last of several counts, and one of another wire type is an unknown
 * field. Undefined when there is none.
 */

export function readBytes(
  fields: readonly ProtobufField[],
  number: number,
): Uint8Array | undefined {
  return fields.findLast((field) => isOfType(field, number, "bytes"))?.value;
}

/** @throws ConvosError `malformed` when it is not UTF-8. */
export function readText(fields: readonly ProtobufField[], number: number): string | undefined {
  const bytes = readBytes(fields, number);
  return bytes === undefined ? undefined : utf8Text(bytes);
}

/** Bits above 2^53 are lost: whoever wrote such a date means "far away" and nothing else. */
export function readSfixed64(fields: readonly ProtobufField[], number: number): number | undefined {
  const value = fields.findLast((field) => isOfType(field, number, "fixed64"))?.value;
  return value === undefined ? undefined : Number(viewOf(value).getBigInt64(0, true));
}

export function readDouble(fields: readonly ProtobufField[], number: number): number | undefined {
  const value = fields.findLast((field) => isOfType(field, number, "fixed64"))?.value;
  return value === undefined ? undefined : viewOf(value).getFloat64(0, true);
}

export function readVarint(fields: readonly ProtobufField[], number: number): bigint | undefined {
  return fields.findLast((field) => isOfType(field, number, "varint"))?.value;
}

function isOfType<W extends ProtobufField["wireType"]>(
  field: ProtobufField,
  number: number,
  wireType: W,
): field is Extract<ProtobufField, { readonly wireType: W }> {
  return field.number === number && field.wireType === wireType;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encodeVarint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
