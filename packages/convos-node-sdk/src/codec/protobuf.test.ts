import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { concatBytes } from "./bytes.ts";
import {
  ProtobufWriter,
  readBytes,
  readDouble,
  readFields,
  readSfixed64,
  readText,
  readVarint,
} from "./protobuf.ts";

describe("protobuf fields", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.uint8Array({ maxLength: 300 }),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true }),
        fc.string({ unit: "grapheme" }),
        (varint, bytes, integer, double, text) => {
          const fields = readFields(
            new ProtobufWriter()
              .varint(1, varint)
              .bytes(2, bytes)
              .sfixed64(3, integer)
              .double(4, double)
              .text(500, text)
              .finish(),
          );
          expect(readVarint(fields, 1)).toBe(BigInt(varint));
          expect(readBytes(fields, 2)).toEqual(bytes);
          expect(readSfixed64(fields, 3)).toBe(integer);
          expect(readDouble(fields, 4)).toBe(double);
          expect(readText(fields, 500)).toBe(text);
        },
      ),
    );
  });

  it("of any kind make the message again when their raw bytes are joined", () => {
    const kinds = fc.oneof(
      fc.nat().map((value) => new ProtobufWriter().varint(9, value).finish()),
      fc.uint8Array().map((value) => new ProtobufWriter().bytes(7, value).finish()),
      fc.double().map((value) => new ProtobufWriter().double(1000, value).finish()),
      fc.constant(Uint8Array.of(0x0d, 1, 2, 3, 4)),
      // Integers may be written longer than they need to be.
      fc.constant(Uint8Array.of(0x88, 0x00, 0x81, 0x80, 0x00)),
    );
    fc.assert(
      fc.property(fc.array(kinds), (parts) => {
        const message = concatBytes(...parts);
        expect(concatBytes(...readFields(message).map(({ raw }) => raw))).toEqual(message);
      }),
    );
  });

  it("count once: the last one, and only of the wire type that is asked for", () => {
    const message = new ProtobufWriter().text(1, "first").text(1, "last").varint(1, 5).finish();
    expect(readText(readFields(message), 1)).toBe("last");
    expect(readSfixed64(readFields(message), 1)).toBeUndefined();
  });

  it.each([
    ["a group", [0x0b, 0x0c]],
    ["wire type 6", [0x0e]],
    ["field number 0", [0x00, 0x01]],
    ["an integer of eleven bytes", [0x08, ...new Uint8Array(11).fill(0x80)]],
    ["an integer that is cut off", [0x08, 0x80]],
    ["a length beyond the input", [0x12, 0x05, 0x01]],
    ["an absurd length", [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["a fixed field that is cut off", [0x0d, 1]],
    ["more fields than anybody writes", new Uint8Array(30_000).fill(0x08)],
  ])("are refused with %s", (_what, bytes) => {
    expect(refusalOf(() => readFields(Uint8Array.from(bytes)))).toBe("malformed");
  });

  it("refuse text that is not UTF-8", () => {
    const fields = readFields(new ProtobufWriter().bytes(1, Uint8Array.of(0xff)).finish());
    expect(refusalOf(() => readText(fields, 1))).toBe("malformed");
  });
});
