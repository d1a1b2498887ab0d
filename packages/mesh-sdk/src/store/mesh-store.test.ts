import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  madeMessage,
  madeMessages,
  StoreFolder,
  WHOLE_PAGE,
} from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { refusalOf } from "../../test-support/refusal.ts";
import type { MeshStore, StoredMessage } from "./port.ts";

let folder: StoreFolder;
let store: MeshStore;

beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open();
});

afterEach(() => folder[Symbol.dispose]());

const outcomes = (...batch: Parameters<MeshStore["add"]>[0][number][]): string[] =>
  store.add(batch).map(({ outcome }) => outcome);
const idsOf = (page: readonly StoredMessage[]): string[] =>
  page.map(({ message }) => message.messageId);
const reopened = (): MeshStore => {
  store[Symbol.dispose]();
  store = folder.open();
  return store;
};

describe("the file", () => {
  it("is for its owner alone, and for one peer at a time", () => {
    store.add([madeMessage()]);
    const file = folder.fileOf("peer");
    const modes = [path.dirname(file), file, `${file}-wal`].map(
      (name) => statSync(name).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    expect(refusalOf(() => folder.open())).toBe("locked");
    store[Symbol.dispose]();
    chmodSync(file, 0o644);
    folder.open();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is refused, never replaced, when it is newer, cut off, damaged, or another program's", () => {
    store.add(madeMessages(200));
    store[Symbol.dispose]();
    const file = folder.fileOf("peer");
    const whole = `${file}.whole`;
    copyFileSync(file, whole);
    const execute = (sql: string): void => {
      const database = new DatabaseSync(file);
      database.exec(`${sql}; PRAGMA wal_checkpoint(TRUNCATE)`);
      database.close();
    };
    const attempt = (change: () => void): [string | undefined, boolean] => {
      copyFileSync(whole, file);
      change();
      const before = readFileSync(file);
      return [refusalOf(() => folder.open()), readFileSync(file).equals(before)];
    };
    expect(attempt(() => execute("PRAGMA user_version = 9"))).toEqual(["state_newer", true]);
    expect(attempt(() => execute("PRAGMA application_id = 7"))).toEqual(["state_unreadable", true]);
    expect(attempt(() => truncateSync(file, 0))).toEqual(["state_unreadable", true]);
    expect(attempt(() => truncateSync(file, 20_000))).toEqual(["state_unreadable", true]);
    expect(attempt(() => execute("DROP TABLE inbox"))[0]).toBe("state_unreadable");
    expect(attempt(() => {})).toEqual([undefined, true]);
  });

  it("has an epoch that stays, and another one when it was put back from a copy", () => {
    const { epoch } = store;
    expect(reopened().epoch).toBe(epoch);
    store[Symbol.dispose]();
    const file = folder.fileOf("peer");
    copyFileSync(file, `${file}.copy`);
    renameSync(`${file}.copy`, file);
    store = folder.open();
    expect(store.epoch).not.toBe(epoch);
    expect(store.epoch).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it("says that it is closed", () => {
    store[Symbol.dispose]();
    expect(refusalOf(() => store.add([madeMessage()]))).toBe("closed");
    expect(refusalOf(() => store.newest("lobby", WHOLE_PAGE))).toBe("closed");
  });

  it("loses nothing when the disk is full, and goes on when there is room", () => {
    store[Symbol.dispose]();
    store = folder.open("peer", { maxPages: 120 });
    const batches = Array.from({ length: 20 }, (_, index) =>
      madeMessages(20, { channelId: `c${index}`, body: "x".repeat(2_000), forUs: true }),
    );
    const acknowledged: string[] = [];
    const refusals = batches.map((batch) =>
      refusalOf(() => {
        store.add(batch);
        acknowledged.push(...batch.map(({ message }) => message.messageId));
      }),
    );
    expect(refusals).toContain("state_unwritable");
    expect(acknowledged.length).toBeGreaterThan(20);
    const stored = (): string[] => idsOf(store.unhandledAfter(0, 1_000));
    expect(stored()).toEqual(acknowledged);
    expect(store.stats().messages).toBe(acknowledged.length);
    expect(store.countUnhandled()).toBe(acknowledged.length);
    reopened();
    expect(stored()).toEqual(acknowledged);
    const late = batches.at(-1) ?? [];
    expect(new Set(store.add(late).map(({ outcome }) => outcome))).toEqual(new Set(["stored"]));
  });
});

describe("adding", () => {
  it("takes a message once, for ever", () => {
    const message = madeMessage();
    expect(outcomes(message, message)).toEqual(["stored", "duplicate"]);
    reopened();
    expect(outcomes(message)).toEqual(["duplicate"]);
    expect(store.channels()).toEqual([{ channelId: "lobby", count: 1, newestArrival: 1 }]);
  });

  it("gives numbers that only grow, also when the newest is gone", () => {
    store.add([
      madeMessage({ messageId: "1" }),
      madeMessage({ messageId: "2", verdict: "unverified" }),
    ]);
    reopened();
    expect(store.add([madeMessage({ messageId: "3" })])).toEqual([
      { outcome: "stored", arrival: 3 },
    ]);
  });

  it("keeps both of two messages that one sender has signed under one id, and shows one", () => {
    const said = madeMessage({ body: "yes", forUs: true });
    const denied = madeMessage({ body: "no", forUs: true });
    expect(outcomes(said, denied)).toEqual(["stored", "conflict"]);
    expect(outcomes(said, denied)).toEqual(["duplicate", "duplicate"]);
    expect(store.arrivedAfter("lobby", 0, WHOLE_PAGE)).toHaveLength(2);
    expect(store.pageAfter("lobby", null, WHOLE_PAGE)).toHaveLength(1);
    expect(store.unhandledAfter(0, 10).map(({ message }) => message.body)).toEqual(["yes"]);
  });

  it("lets nobody squat an id: other senders and channels may use it, the reference sees the first", () => {
    const [first, other, elsewhere] = [
      madeMessage({ senderId: "first" }),
      madeMessage({ senderId: "other", forUs: true }),
      madeMessage({ channelId: "dev" }),
    ];
    expect(outcomes(first, other, elsewhere)).toEqual(["stored", "stored", "stored"]);
    const page = store.pageAfter("lobby", null, WHOLE_PAGE);
    expect(page.map(({ message }) => message.senderId)).toEqual(["first"]);
    expect(store.newest("lobby", WHOLE_PAGE)).toEqual(page);
    expect(store.unhandledAfter(0, 10).map(({ message }) => message.senderId)).toEqual(["other"]);
  });

  it("keeps what nobody can prove apart, until somebody does", () => {
    const claimed = madeMessage({ verdict: "unverified" });
    expect(outcomes(claimed, claimed)).toEqual(["quarantined", "duplicate"]);
    expect(store.stats()).toMatchObject({ messages: 0, quarantined: 1 });
    expect(store.channels()).toEqual([]);
    expect(outcomes({ ...claimed, verdict: "verified", forUs: true })).toEqual(["stored"]);
    expect(store.stats()).toMatchObject({ messages: 1, quarantined: 0 });
    expect(store.countUnhandled()).toBe(1);
    expect(outcomes(claimed)).toEqual(["duplicate"]);
  });

  it("does not hand over twice what was handed over unproven, and says when it is proven", () => {
    const claimed = madeMessage({ verdict: "unverified", forUs: true });
    store.add([claimed]);
    const [event] = store.unhandledAfter(0, 10);
    expect(event?.verdict).toBe("unverified");
    store.add([{ ...claimed, verdict: "verified" }]);
    expect(store.unhandledAfter(0, 10)).toMatchObject([
      { arrival: event?.arrival, verdict: "verified" },
    ]);
    store.markHandled(event?.arrival ?? 0);
    expect(store.countUnhandled()).toBe(0);

    const next = madeMessage({ messageId: "2", verdict: "unverified", forUs: true });
    store.add([next]);
    store.markHandled(store.unhandledAfter(0, 1)[0]?.arrival ?? 0);
    store.add([{ ...next, verdict: "verified" }]);
    expect(store.countUnhandled()).toBe(0);
  });

  it("gets the signature later that a store of the reference has dropped", () => {
    store.add([madeMessage()]);
    expect(outcomes(madeMessage({ signature: "c2ln" }))).toEqual(["duplicate"]);
    expect(store.newest("lobby", WHOLE_PAGE)[0]?.message.signature).toBe("c2ln");
  });

  it("gives back what it was given", () => {
    const added = madeMessage({
      body: 'äöü "quoted" \u0001 🦀',
      payloadText: '{"b":1,"a":[null]}',
      signature: "c2ln",
      timestamp: "2026-11-21T13:59:00+02:00",
    });
    store.add([added]);
    expect(store.newest("lobby", WHOLE_PAGE)).toMatchObject([
      { message: added.message, verdict: "verified", arrival: 1, receivedAtMs: NOW_MS },
    ]);
    expect(Buffer.from(store.newest("lobby", WHOLE_PAGE)[0]?.digest ?? [])).toEqual(
      Buffer.from(added.digest),
    );
  });
});

describe("reading", () => {
  it("pages by time, each message once, however the pages are cut", () => {
    const batch = madeMessages(50);
    store.add(batch.toReversed());
    const read: string[] = [];
    for (let after: string | null = null; ;) {
      const page = idsOf(store.pageAfter("lobby", after, { limit: 7, maxBytes: 1e6 }));
      if (page.length === 0) break;
      read.push(...page);
      after = page.at(-1) ?? null;
    }
    expect(read).toEqual(batch.map(({ message }) => message.messageId));
    expect(store.pageAfter("lobby", "nobody knows", WHOLE_PAGE)).toEqual([]);
    expect(store.pageAfter("nowhere", null, WHOLE_PAGE)).toEqual([]);
    expect(idsOf(store.newest("lobby", { limit: 3, maxBytes: 1e6 }))).toEqual(read.slice(-3));
  });

  it("hides nothing of now behind what is dated ahead, which pages have all the same", () => {
    const limits = { limit: 3, maxBytes: 1e6 };
    const ahead = ["a", "b", "c"].map((messageId, n) =>
      madeMessage({ messageId, timestampMs: NOW_MS + 60_000 + n }),
    );
    const now = madeMessage({ messageId: "now", timestampMs: NOW_MS });
    store.add([...ahead, now]);
    expect(idsOf(store.newest("lobby", limits))).toEqual(["now"]);
    expect(idsOf(store.pageAfter("lobby", "now", limits))).toEqual(["a", "b", "c"]);
  });

  it("bounds a page by bytes, and gives a larger message alone", () => {
    store.add(madeMessages(10, { body: "x".repeat(1_000) }));
    const limits = { limit: 100, maxBytes: 4_500 };
    expect(store.pageAfter("lobby", null, limits)).toHaveLength(3);
    expect(store.arrivedAfter("lobby", 0, limits)).toHaveLength(3);
    expect(store.newest("lobby", { limit: 100, maxBytes: 10 })).toHaveLength(1);
    const items = store.items("lobby", {}, 100);
    expect(store.byItems("lobby", items, 4_500)).toMatchObject({ looked: 3 });
    expect(store.byItems("lobby", items.slice(0, 2), 4_500)).toMatchObject({ looked: 2 });
    expect(store.byItems("elsewhere", items, 4_500)).toEqual({ messages: [], looked: 10 });
  });

  it("keeps what waits until it is marked, over restarts", () => {
    store.add(madeMessages(3, { forUs: true }));
    store.markHandled(2);
    reopened();
    expect(store.unhandledAfter(0, 10).map(({ arrival }) => arrival)).toEqual([1, 3]);
    expect(store.unhandledAfter(1, 10).map(({ arrival }) => arrival)).toEqual([3]);
    store.markHandled(2);
    expect(store.countUnhandled()).toBe(2);
  });

  it("writes marks together, a moment later, and knows of them at once", async () => {
    store.add(madeMessages(2_000, { forUs: true }, 10));
    for (let id = 1; id <= 1_500; id += 1) store.markHandled(id);
    store.markHandled(1_500);
    store.markHandled(9_999);
    expect(store.countUnhandled()).toBe(500);
    expect(store.unhandledAfter(0, 2).map(({ arrival }) => arrival)).toEqual([1_501, 1_502]);
    expect(onDisk()).toBe(2_000 - 1_024);
    await vi.waitFor(() => expect(onDisk()).toBe(500), 20_000);
  });

  it("keeps cursors and notes", () => {
    store.writeCursor("peer", "lobby", "e:1");
    store.writeCursor("peer", "lobby", "e:2");
    store.writeNote("list version", "7");
    reopened();
    expect(store.readCursor("peer", "lobby")).toBe("e:2");
    expect(store.readCursor("peer", "dev")).toBeUndefined();
    expect(store.readNote("list version")).toBe("7");
    expect(store.readNote("other")).toBeUndefined();
  });
});

/** How many messages wait in what has reached the disk, whatever the process knows. */
function onDisk(): number {
  const copy = folder.fileOf("copy");
  mkdirSync(path.dirname(copy), { recursive: true, mode: 0o700 });
  copyFileSync(folder.fileOf("peer"), copy);
  copyFileSync(`${folder.fileOf("peer")}-wal`, `${copy}-wal`);
  using other = folder.open("copy");
  return other.countUnhandled();
}
