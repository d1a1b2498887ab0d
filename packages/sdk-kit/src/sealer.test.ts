import { inspect } from "node:util";
import { expect, it } from "vitest";
import { TestStoreError } from "../test-support/test-store-error.ts";
import { createSealer } from "./sealer.ts";

const KEY = new Uint8Array(32).fill(1);
const ROW = Buffer.from("row");
const VALUE = Buffer.from("the canary sings in clear text");

const sealer = createSealer(KEY, { keyLabel: "test store", StoreError: TestStoreError });

it("opens what it sealed, and seals the same value differently each time", () => {
  const sealed = sealer.seal("table", ROW, VALUE);
  expect(Buffer.from(sealer.open("table", ROW, sealed))).toEqual(VALUE);
  expect(sealer.seal("table", ROW, VALUE)).not.toEqual(sealed);
});

it.each([
  ["another table", "other", ROW, 0],
  ["another row", "table", Buffer.from("other"), 0],
  ["a turned bit", "table", ROW, 1],
])("opens nothing in %s", (_, table, row, mask) => {
  const sealed = sealer.seal("table", ROW, VALUE);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed);
    changed.set([(sealed[at] ?? 0) ^ mask], at);
    expect(() => sealer.open(table, row, changed)).toThrow(
      expect.objectContaining({ code: "state_unreadable" }),
    );
  }
});

it("opens nothing that is cut off", () => {
  const sealed = sealer.seal("table", ROW, VALUE);
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => sealer.open("table", ROW, sealed.subarray(0, length))).toThrow(TestStoreError);
  }
});

it("opens nothing that was sealed under another label or key", () => {
  const sealed = sealer.seal("table", ROW, VALUE);
  const others = [
    createSealer(KEY, { keyLabel: "other store", StoreError: TestStoreError }),
    createSealer(
      KEY.map(() => 2),
      { keyLabel: "test store", StoreError: TestStoreError },
    ),
  ];
  for (const other of others) {
    expect(() => other.open("table", ROW, sealed)).toThrow(TestStoreError);
    expect(other.tag("label", ROW)).not.toEqual(sealer.tag("label", ROW));
  }
});

it("gives the same parts the same tag, and other parts of the same bytes another one", () => {
  const [b, c, bc] = [Buffer.from("b"), Buffer.from("c"), Buffer.from("bc")];
  expect(sealer.tag("a", bc)).toEqual(sealer.tag("a", bc));
  const tags = [sealer.tag("a", bc), sealer.tag("ab", c), sealer.tag("a", b, c), sealer.tag("abc")];
  expect(tags.every((tag) => tag.length === 16)).toBe(true);
  expect(new Set(tags.map((tag) => Buffer.from(tag).toString("hex"))).size).toBe(4);
});

it("does not print its keys", () => {
  const shown = `${JSON.stringify(sealer)} ${inspect(sealer, { depth: 9, showHidden: true })}`;
  expect(shown).not.toMatch(/KeyObject|01 01|0101|AQEB/);
});
