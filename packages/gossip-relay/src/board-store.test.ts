import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BoardStore, openBoardStore } from "./board-store.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const ALL = { keysMs: undefined, announcementsMs: undefined, valuesMs: undefined };
const MAX = 1_000_000;

describe("board store in memory", () => {
  let nowMs = 1_000;
  let store: BoardStore;
  beforeEach(() => {
    nowMs = 1_000;
    store = openBoardStore(":memory:", () => nowMs);
  });
  afterEach(() => store.close());

  it("numbers announcements from 1 and lists them in order after a counter", () => {
    expect(store.newestCounter()).toBe(0n);
    expect([1, 2, 3].map((value) => store.appendAnnouncement(bytes(value)))).toEqual([1n, 2n, 3n]);
    expect(store.newestCounter()).toBe(3n);
    expect(store.listAnnouncements(1n, 50, MAX)).toEqual([
      { counter: 2n, data: bytes(2) },
      { counter: 3n, data: bytes(3) },
    ]);
    expect(store.listAnnouncements(0n, 1, MAX)).toHaveLength(1);
    expect(store.listAnnouncements(3n, 50, MAX)).toEqual([]);
  });

  it("ends a page at the byte bound, but never before its first item", () => {
    for (const value of [1, 2, 3]) store.appendAnnouncement(new Uint8Array(10).fill(value));
    expect(store.listAnnouncements(0n, 50, 20)).toHaveLength(2);
    expect(store.listAnnouncements(0n, 50, 5)).toHaveLength(1);
  });

  it("never gives a counter twice, even when every row was pruned", () => {
    store.appendAnnouncement(bytes(1));
    nowMs = 5_000;
    expect(store.prune({ ...ALL, announcementsMs: 5_000 }, 100)).toBe(1);
    expect(store.newestCounter()).toBe(1n);
    expect(store.appendAnnouncement(bytes(2))).toBe(2n);
  });

  it("lets the first write to an address win", () => {
    const seeker = bytes(7);
    expect(store.putValue(seeker, bytes(1))).toBe("stored");
    expect(store.putValue(seeker, bytes(1))).toBe("same");
    expect(store.putValue(seeker, bytes(2))).toBe("other");
    expect(store.getValues([seeker, bytes(8)], MAX)).toEqual([{ seeker, value: bytes(1) }]);
  });

  it("ends a fetch at the byte bound, but never before its first value", () => {
    for (const value of [1, 2, 3]) store.putValue(bytes(value), new Uint8Array(10));
    const seekers = [bytes(3), bytes(1), bytes(2)];
    expect(store.getValues(seekers, 20).map(({ seeker }) => seeker)).toEqual([bytes(3), bytes(1)]);
    expect(store.getValues(seekers, 5)).toHaveLength(1);
  });

  it("prunes each table by its own age, and keys by their last publication", () => {
    store.putKeys(bytes(1), bytes(1));
    store.putKeys(bytes(2), bytes(2));
    store.appendAnnouncement(bytes(1));
    store.putValue(bytes(1), bytes(1));
    nowMs = 2_000;
    store.putKeys(bytes(2), bytes(2));
    store.putValue(bytes(2), bytes(2));
    expect(store.prune({ keysMs: 2_000, announcementsMs: undefined, valuesMs: 2_000 }, 100)).toBe(
      2,
    );
    expect(store.counts()).toEqual({ keys: 1, announcements: 1, values: 1 });
    expect(store.getKeys(bytes(2))).toEqual(bytes(2));
    expect(store.getKeys(bytes(1))).toBeUndefined();
  });

  it("prunes no more rows at once than asked", () => {
    for (let value = 0; value < 5; value++) store.appendAnnouncement(bytes(value));
    expect(store.prune({ ...ALL, announcementsMs: 9_000 }, 3)).toBe(3);
    expect(store.listAnnouncements(0n, 50, MAX).map(({ counter }) => counter)).toEqual([4n, 5n]);
  });

  it("counts from 1 again after a wipe, as a relay installed anew", () => {
    store.appendAnnouncement(bytes(1));
    store.putKeys(bytes(1), bytes(1));
    store.putValue(bytes(1), bytes(1));
    store.wipe();
    expect(store.counts()).toEqual({ keys: 0, announcements: 0, values: 0 });
    expect(store.newestCounter()).toBe(0n);
    expect(store.appendAnnouncement(bytes(2))).toBe(1n);
  });

  it("fails a write beyond the size it may take, and still reads", () => {
    store.limitBytes(65_536);
    const fill = (): void => {
      for (let value = 0; value < 100; value++) store.appendAnnouncement(new Uint8Array(4_096));
    };
    expect(fill).toThrow(expect.objectContaining({ errcode: 13 }));
    expect(store.listAnnouncements(0n, 1, MAX)).toHaveLength(1);
  });
});

describe("board store on disk", () => {
  let folder = "";
  let file = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "gossip-relay-"));
    file = path.join(folder, "new", "relay.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (): BoardStore => openBoardStore(file, () => 1_000);

  it("keeps everything across a restart and goes on counting", () => {
    using first = open();
    first.putKeys(bytes(1), bytes(2));
    first.appendAnnouncement(bytes(3));
    first.putValue(bytes(4), bytes(5));
    first.close();
    using second = open();
    expect(second.getKeys(bytes(1))).toEqual(bytes(2));
    expect(second.getValues([bytes(4)], MAX)).toHaveLength(1);
    expect(second.appendAnnouncement(bytes(6))).toBe(2n);
  });

  it("makes the database and its side files readable by its owner only", () => {
    using store = open();
    store.appendAnnouncement(bytes(1));
    const modes = ["", "-wal", "-shm"].map((suffix) => statSync(file + suffix).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it("refuses a file of a newer relay and leaves it as it is", () => {
    open().close();
    using database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 99");
    expect(open).toThrow(expect.objectContaining({ code: "database_newer" }));
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 99 });
  });

  it("refuses another program's database", () => {
    file = path.join(folder, "other.db");
    using database = new DatabaseSync(file);
    database.exec("CREATE TABLE theirs (id INTEGER)");
    expect(open).toThrow(expect.objectContaining({ code: "database_unusable" }));
  });

  it("refuses a file that is no database", () => {
    file = path.join(folder, "text.db");
    writeFileSync(file, "not a database, and longer than a header of one hundred bytes".repeat(9));
    expect(open).toThrow(expect.objectContaining({ code: "database_unusable" }));
  });
});
