import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { GossipError } from "../errors.ts";
import { ProtobufReader, ProtobufWriter, type ProtobufField } from "./protobuf.ts";

function readAll(bytes: Uint8Array): ProtobufField[] {
  const reader = new ProtobufReader(bytes);
  const fields: ProtobufField[] = [];
  for (let field = reader.next(); field !== undefined; field = reader.next()) fields.push(field);
  return fields;
}

describe("protobuf fields", () => {
  it("are read as they were written", () => {
    const number = fc.integer({ min: 1, max: 15 });
    fc.assert(
      fc.property(
        number,
        fc.nat(),
        number,
        fc.uint8Array({ maxLength: 300 }),
        (first, value, second, bytes) => {
          const encoded = new ProtobufWriter().varint(first, value).bytes(second, bytes).finish();
          expect(readAll(encoded)).toEqual([
            { number: first, wireType: "varint", value: BigInt(value) },
            { number: second, wireType: "bytes", value: bytes },
          ]);
        },
      ),
    );
  });

  it("of the fixed wire types are skipped", () => {
    const fixed32 = [0x0d, 1, 2, 3, 4];
    const fixed64 = [0x11, 1, 2, 3, 4, 5, 6, 7, 8];
    expect(readAll(Uint8Array.of(...fixed32, ...fixed64, 0x08, 5))).toEqual([
      { number: 1, wireType: "varint", value: 5n },
    ]);
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
  ])("refuse %s", (_what, bytes) => {
    expect(() => readAll(Uint8Array.from(bytes))).toThrow(GossipError);
  });

  it("of any bytes are read or refused with our error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(refusalOf(() => readAll(bytes))).toBeOneOf([undefined, "malformed"]);
      }),
    );
  });
});
