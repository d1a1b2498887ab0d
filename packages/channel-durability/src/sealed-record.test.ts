import { afterEach, beforeEach, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { readBlob } from "./rows.ts";
import { openSealedRecord } from "./sealed-record.ts";

let temporary: TemporaryStore;
let damage: unknown[];

beforeEach(() => {
  temporary = new TemporaryStore();
  damage = [];
});
afterEach(() => temporary[Symbol.dispose]());

function parse(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError("expected a list");
  return value.map(String);
}

const open = (name = "names") =>
  openSealedRecord<readonly string[]>({
    store: temporary.store,
    name,
    parse,
    empty: [],
    onDamaged: (error) => damage.push(error),
  });

it("keeps the last value over a restart, each name its own", () => {
  const record = open();
  expect(record.read()).toEqual([]);
  record.write(["a"]);
  record.write(["a", "b"]);
  open("others").write(["c"]);
  temporary.reopen();
  expect([open().read(), open("others").read(), open("third").read()]).toEqual([
    ["a", "b"],
    ["c"],
    [],
  ]);
  expect(damage).toEqual([]);
});

it("lies sealed: neither text nor a value moved from another name can be read", () => {
  open().write(["secret-name"]);
  const { store } = temporary;
  const stored = store.get("SELECT value FROM meta WHERE name = ?", "record/names") ?? {};
  expect(Buffer.from(readBlob(stored, "value")).includes("secret-name")).toBe(false);
  store.write(() =>
    store.run("UPDATE meta SET name = ? WHERE name = ?", "record/others", "record/names"),
  );
  expect(open("others").read()).toEqual([]);
  expect(damage).toHaveLength(1);
});

it("starts empty from what this version did not write, says so, and writes over it", () => {
  openSealedRecord<unknown>({
    store: temporary.store,
    name: "names",
    parse: (value) => value,
    empty: undefined,
  }).write({ version: 9 });
  const record = open();
  expect(record.read()).toEqual([]);
  expect(damage).toHaveLength(1);
  record.write(["again"]);
  expect(open().read()).toEqual(["again"]);
});
