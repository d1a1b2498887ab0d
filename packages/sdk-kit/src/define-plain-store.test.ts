import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TestStoreError } from "../test-support/test-store-error.ts";
import { definePlainStore } from "./define-plain-store.ts";

const FORMAT = {
  applicationId: 0x54455354,
  schema: "CREATE TABLE notes (id INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT;",
  schemaVersion: 1,
  StoreError: TestStoreError,
};
const ROWS = 400;
const VALUE = "somebody wrote this, and everybody has read it; ".repeat(20);
const store = definePlainStore(FORMAT);
const lazy = definePlainStore({ ...FORMAT, readThroughBytes: 1_000 });

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "plain-store-"));
  file = path.join(folder, "peer", "store.db");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fill(database: DatabaseSync): void {
  const insert = database.prepare("INSERT INTO notes (value) VALUES (?)");
  for (let row = 0; row < ROWS; row += 1) insert.run(VALUE);
}

/** Overwrites a page in the middle of the file, which is one of the table's. */
function damage(): void {
  const bytes = readFileSync(file);
  bytes.fill(0xff, 40 * 4_096, 41 * 4_096);
  writeFileSync(file, bytes);
}

it("makes its first rows before the file has its name, for its owner alone", () => {
  using database = store.openDatabase(file, fill);
  const count = store.prepare(database, "SELECT count(*) AS total FROM notes").get();
  expect(count).toEqual({ total: ROWS });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
});

it("refuses a damaged file at its opening", () => {
  store.openDatabase(file, fill).close();
  damage();
  const before = readFileSync(file);
  expect(() => store.openDatabase(file, fill)).toThrow(
    expect.objectContaining({ code: "state_unreadable" }),
  );
  expect(readFileSync(file).equals(before)).toBe(true);
});

it("does not read a large file through at its opening, and says what is wrong when it comes to it", () => {
  lazy.openDatabase(file, fill).close();
  damage();
  using database = lazy.openDatabase(file, fill);
  const select = lazy.prepare(database, "SELECT value FROM notes WHERE id = ?");
  expect(select.get(1)).toEqual({ value: VALUE });
  const readAll = (): number => lazy.prepare(database, "SELECT value FROM notes").all().length;
  expect(readAll).toThrow(expect.objectContaining({ code: "state_unreadable" }));
});

it("is full like a disk at its size", () => {
  using database = store.openDatabase(file, () => {}, { maxPages: 20 });
  expect(() => store.runTransaction(database, () => fill(database))).toThrow(
    expect.objectContaining({ code: "state_unwritable" }),
  );
});
