import * as fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../test-support/refusal.ts";
import { FieldWriter, Fields } from "./fields.ts";

// Another implementation of protobuf, to check ours against.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Item { uint64 id = 1; bytes data = 2; bool flag = 3; string text = 16; repeated bytes many = 1000; }
`);
const Item = root.lookupType("Item");

const item = fc.record({
  id: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  data: fc.uint8Array(),
  flag: fc.boolean(),
  text: fc.string({ unit: "binary" }),
  many: fc.array(fc.uint8Array()),
});

describe("protobuf fields", () => {
  it("are written as another implementation reads them", () => {
    fc.assert(
      fc.property(item, ({ id, data, flag, text, many }) => {
        const bytes = new FieldWriter()
          .uint64(1, id)
          .bytes(2, data)
          .bool(3, flag)
          .text(16, text)
          .repeated(1000, many)
          .finish();
        const options = { longs: String, bytes: Array, defaults: true, arrays: true };
        expect(Item.toObject(Item.decode(bytes), options)).toEqual({
          id: String(id),
          data: [...data],
          flag,
          text,
          many: many.map((value) => Array.from(value)),
        });
      }),
    );
  });

  it("are read as another implementation writes them", () => {
    fc.assert(
      fc.property(item, ({ id, ...rest }) => {
        const bytes = Item.encode(Item.fromObject({ id: String(id), ...rest })).finish();
        const fields = new Fields(bytes);
        expect(fields.uint64(1)).toBe(id);
        expect([...fields.bytes(2)]).toEqual([...rest.data]);
        expect(fields.bool(3)).toBe(rest.flag);
        expect(fields.text(16)).toBe(rest.text);
        expect(fields.repeated(1000).map(hexOf)).toEqual(rest.many.map(hexOf));
      }),
    );
  });

  it("read as zero values when they are absent, and as the last value when there are several", () => {
    const fields = new Fields(new FieldWriter().uint64(1, 5n).uint64(1, 7n).finish());
    expect(fields.uint64(1)).toBe(7n);
    expect([fields.uint64(2), fields.bytes(2).length, fields.text(2), fields.has(2)]).toEqual([
      0n,
      0,
      "",
      false,
    ]);
  });

  it("skip fixed-size values, which nobody here uses", () => {
    const fixed = [0x0d, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8];
    expect(new Fields(Uint8Array.from([...fixed, 0x18, 1])).bool(3)).toBe(true);
  });

  it.each([
    ["a value that ends too early", [0x12, 5, 1]],
    ["a number that ends too early", [0x08, 0x80]],
    ["a number of more than ten bytes", [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ["field number 0", [0x00, 1]],
    ["a group", [0x0b]],
  ])("refuse %s", (_what, bytes) => {
    expect(() => new Fields(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("fail with a status, never otherwise, on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const { code } = refusalOf(() => new Fields(bytes).text(1));
        expect(["OK", "INVALID_ARGUMENT"]).toContain(code);
      }),
    );
  });
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
