import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GossipError } from "../errors.ts";
import { BinReader, BinWriter } from "./bin.ts";
import { toHex } from "./bytes.ts";

describe("bin encoding", () => {
  it.each([
    [0, "00"],
    [250, "fa"],
    [251, "fbfb00"],
    [1184, "fba004"],
    [1952, "fba007"],
    [0xffff, "fbffff"],
    [0x1_0000, "fc00000100"],
    [1_790_000_000_000, "fd006c50c4a0010000"],
    [Number.MAX_SAFE_INTEGER, "fdffffffffffff1f00"],
  ])("writes %d in its smallest form", (value, hex) => {
    expect(toHex(new BinWriter().varint(value).finish())).toBe(hex);
  });

  it("reads back every integer and byte string it wrote", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array({ maxLength: 600 }), (number, bytes) => {
        const encoded = new BinWriter().varint(number).bytes(bytes).raw(bytes).finish();
        const reader = new BinReader(encoded);
        expect(reader.varint()).toBe(number);
        expect(reader.bytes(600)).toEqual(bytes);
        expect(reader.raw(bytes.length)).toEqual(bytes);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it("reads back every text it wrote", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (text) => {
        const encoded = new BinWriter().text(text).finish();
        expect(new BinReader(encoded).text(5000)).toBe(text.toWellFormed());
      }),
    );
  });

  it("takes an integer that is wider than needed, as the official decoder does", () => {
    const wide = Uint8Array.of(254, 7, ...new Uint8Array(15));
    expect(new BinReader(wide).varint()).toBe(7);
  });

  it.each([
    ["an unknown tag", [255]],
    ["an integer above 2^53", [253, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["an integer above 2^64", [254, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]],
    ["an integer that is cut off", [252, 1, 2]],
    ["nothing", []],
  ])("refuses %s", (_what, bytes) => {
    expect(() => new BinReader(Uint8Array.from(bytes)).varint()).toThrow(GossipError);
  });

  it("refuses a length beyond the input without taking memory for it", () => {
    const reader = new BinReader(Uint8Array.of(252, 0xff, 0xff, 0xff, 0xff, 1));
    expect(() => reader.bytes(Number.MAX_SAFE_INTEGER)).toThrow("ends too early");
  });

  it("refuses a byte string above the caller's bound", () => {
    expect(() => new BinReader(Uint8Array.of(3, 1, 2, 3)).bytes(2)).toThrow(GossipError);
  });

  it("refuses text that is not UTF-8", () => {
    expect(() => new BinReader(Uint8Array.of(1, 0xff)).text(10)).toThrow(GossipError);
  });

  it.each([-1, 0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN])("does not write %d", (value) => {
    expect(() => new BinWriter().varint(value)).toThrow(RangeError);
  });
});
