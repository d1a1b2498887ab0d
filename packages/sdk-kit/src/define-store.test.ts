import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TestStoreError } from "../test-support/test-store-error.ts";
import { rowNumberBytes } from "./columns.ts";
import { defineStore } from "./define-store.ts";

const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE notes (id INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;
`;
const FORMAT = {
  applicationId: 0x54455354,
  keyLabel: "test store",
  schemaVersion: 3,
  StoreError: TestStoreError,
};
const store = defineStore({ ...FORMAT, schema: SCHEMA });
const sealer = store.createSealer(new Uint8Array(32).fill(1));

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "define-store-"));
  file = path.join(folder, "account", "store.db");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function countNotes(database: DatabaseSync): number {
  const row = store.prepare(database, "SELECT count(*) AS total FROM notes").get();
  return store.readInteger(row ?? {}, "total");
}

it("does a step as a whole, or nothing of it, whatever the step throws", () => {
  using database = store.openDatabase(file, sealer);
  const insert = store.prepare(database, "INSERT INTO notes (value) VALUES (?)");
  const step = (): void =>
    store.runTransaction(database, () => {
      insert.run(new Uint8Array(8));
      throw new RangeError("in the middle");
    });
  expect(step).toThrow(RangeError);
  expect(countNotes(database)).toBe(0);
  expect(store.runTransaction(database, () => insert.run(new Uint8Array(8)))).toBeUndefined();
  expect(countNotes(database)).toBe(1);
});

it("is full like a disk at its size, and works again when there is room", () => {
  const write = (database: DatabaseSync): void =>
    store.runTransaction(database, () =>
      store
        .prepare(database, "INSERT INTO notes (value) VALUES (?)")
        .run(new Uint8Array(1024 * 1024)),
    );
  const full = store.openDatabase(file, sealer, { maxPages: 30 });
  expect(() => write(full)).toThrow(expect.objectContaining({ code: "state_unwritable" }));
  full.close();
  using roomy = store.openDatabase(file, sealer);
  write(roomy);
  expect(countNotes(roomy)).toBe(1);
});

it("refuses an older version and other tables than its own", () => {
  store.openDatabase(file, sealer).close();
  const next = defineStore({ ...FORMAT, schema: SCHEMA, schemaVersion: 4 });
  expect(() => next.openDatabase(file, sealer)).toThrow(
    expect.objectContaining({ code: "state_unreadable" }),
  );
  const other = defineStore({ ...FORMAT, schema: SCHEMA.replace("notes", "news") });
  expect(() => other.openDatabase(file, sealer)).toThrow(
    expect.objectContaining({ code: "state_unreadable" }),
  );
});

it("asks the columns for what they hold", () => {
  const row = { bytes: new Uint8Array([1]), whole: 2, text: "three", half: 0.5, nothing: null };
  expect(store.readBlob(row, "bytes")).toEqual(new Uint8Array([1]));
  expect(store.readInteger(row, "whole")).toBe(2);
  expect(store.readText(row, "text")).toBe("three");
  const wrong = [
    () => store.readBlob(row, "text"),
    () => store.readInteger(row, "half"),
    () => store.readInteger(row, "nothing"),
    () => store.readText(row, "absent"),
  ];
  for (const read of wrong) {
    expect(read).toThrow(expect.objectContaining({ code: "state_unreadable" }));
  }
});

it("names rows by eight bytes", () => {
  expect(Buffer.from(rowNumberBytes(258)).toString("hex")).toBe("0000000000000102");
});

it("reads rows one by one, and stops when nobody wants more", () => {
  using database = store.openDatabase(file, sealer);
  const insert = store.prepare(database, "INSERT INTO notes (value) VALUES (?)");
  for (let i = 0; i < 3; i += 1) insert.run(new Uint8Array(8));
  const select = store.prepare(database, "SELECT id FROM notes ORDER BY id");
  const ids: number[] = [];
  for (const row of select.iterate()) {
    ids.push(store.readInteger(row, "id"));
    if (ids.length === 2) break;
  }
  expect(ids).toEqual([1, 2]);
  insert.run(new Uint8Array(8));
  expect(select.all()).toHaveLength(4);
});
