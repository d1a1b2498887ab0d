import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  digestsIn,
  madeMessage,
  madeMessages,
  StoreFolder,
  WHOLE_PAGE,
} from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import type { MeshStore, NewMessage } from "./port.ts";
import type { StoreLimits } from "./store-limits.ts";

const DAY_MS = 24 * 3_600_000;
const BODY = "x".repeat(1_000);

let folder: StoreFolder;

beforeEach(() => {
  folder = new StoreFolder();
});

afterEach(() => folder[Symbol.dispose]());

const openWith = (limits: Partial<StoreLimits>): MeshStore => folder.open("peer", { limits });
const outcomesOf = (store: MeshStore, batch: readonly NewMessage[]): Set<string> =>
  new Set(store.add(batch).map(({ outcome }) => outcome));
const pruneAll = (store: MeshStore): number => {
  let deleted = 0;
  for (let last = -1; last !== 0; deleted += last) last = store.prune(folder.clock.now());
  return deleted;
};

it("deletes what is too old, and takes none of it again", () => {
  const store = openWith({ retentionMs: DAY_MS });
  const old = madeMessages(2_500, { forUs: false }, 1);
  store.add(old);
  folder.clock.nowMs += DAY_MS - 61_000;
  const recent = madeMessage({ messageId: "recent", timestampMs: NOW_MS });
  store.add([recent]);
  expect(pruneAll(store)).toBeGreaterThan(1_000);
  folder.clock.nowMs += 30_000;
  pruneAll(store);
  expect(digestsIn(store)).toHaveLength(1);
  expect(outcomesOf(store, old)).toEqual(new Set(["refused"]));
  // A clock that was set back makes nothing of it new.
  folder.clock.nowMs = NOW_MS;
  expect(outcomesOf(store, old)).toEqual(new Set(["refused"]));
  expect(store.lacking("lobby", store.items("lobby", {}, 9).concat(itemsOf(old)))).toEqual([]);
  expect(store.stats()).toMatchObject({ messages: 1 });
});

it("keeps within the bytes of a channel, of a sender, and of all, oldest first", () => {
  const store = openWith({
    storeBytes: 200_000,
    storeBytesPerChannel: 100_000,
    storeBytesPerSender: 60_000,
  });
  const one = madeMessages(100, { channelId: "one", senderId: "s1", body: BODY });
  store.add(one);
  const bytes = store.stats().bytes;
  expect(bytes).toBeLessThanOrEqual(60_000);
  expect(bytes).toBeGreaterThan(55_000);
  expect(idsIn(store, "one").at(-1)).toBe("one-99");
  for (const senderId of ["s2", "s3", "s4", "s5"]) {
    store.add(
      madeMessages(50, { channelId: "two", senderId, messageId: senderId, body: BODY }, 10).map(
        (message, index) => madeMessage({ ...message.message, messageId: `${senderId}-${index}` }),
      ),
    );
  }
  expect(store.stats().bytes).toBeLessThanOrEqual(160_000);
  for (const channelId of ["three", "four", "five"]) {
    store.add(madeMessages(40, { channelId, senderId: channelId, body: BODY }));
    expect(store.stats().bytes).toBeLessThanOrEqual(200_000);
  }
  // The largest gives way to the others, so that all come to about the same.
  const counts = store.channels().map(({ count }) => count);
  expect(counts).toHaveLength(5);
  expect(Math.min(...counts)).toBeGreaterThan(20);
  const counted = store.channels().reduce((sum, { count }) => sum + count, 0);
  expect(store.stats().messages).toBe(counted);
  expect(outcomesOf(store, one.slice(0, 20))).toEqual(new Set(["refused"]));
});

it("fetches once, and not with every comparison, what a sender has no room for any more", () => {
  const store = openWith({ storeBytesPerSender: 50_000 });
  store.add([madeMessage({ senderId: "other", timestampMs: NOW_MS - DAY_MS })]);
  const all = madeMessages(100, { body: BODY });
  store.add(all);
  const gone = all.slice(0, 20);
  expect(store.lacking("lobby", itemsOf(gone))).toHaveLength(20);
  expect(outcomesOf(store, gone)).toEqual(new Set(["refused"]));
  expect(store.lacking("lobby", itemsOf(gone))).toEqual([]);
});

it("deletes nothing that waits to be handled, and then what would have been", () => {
  const store = openWith({ storeBytesPerChannel: 30_000 });
  const waiting = madeMessages(40, { body: BODY, forUs: true });
  expect(outcomesOf(store, waiting)).toEqual(new Set(["stored"]));
  store.add([madeMessage({ messageId: "later", timestampMs: NOW_MS })]);
  expect(store.unhandledAfter(0, 100)).toHaveLength(40);
  for (const { arrival } of store.unhandledAfter(0, 100)) store.markHandled(arrival);
  store.add([madeMessage({ messageId: "last", timestampMs: NOW_MS + 1 })]);
  expect(store.stats().bytes).toBeLessThanOrEqual(30_000);
  expect(outcomesOf(store, waiting.slice(0, 5))).toEqual(new Set(["refused"]));
});

it("goes on receiving where nobody takes anything, and says how many it has given up", () => {
  const store = openWith({ retentionMs: DAY_MS, unhandledMessages: 40, unhandledBytes: 50_000 });
  store.add(madeMessages(45, { forUs: true }));
  expect(store.unhandledAfter(0, 100).map(({ arrival }) => arrival)).toEqual(
    Array.from({ length: 40 }, (_, index) => index + 6),
  );
  expect(store.stats()).toMatchObject({ messages: 45, givenUp: 5 });
  store.add(madeMessages(3, { body: "x".repeat(20_000), forUs: true, channelId: "large" }));
  expect(store.countUnhandled()).toBe(2);
  expect(store.stats().messages).toBe(48);
  folder.clock.nowMs += DAY_MS;
  pruneAll(store);
  expect(store.stats()).toMatchObject({ messages: 0, givenUp: 48 });
  expect(store.countUnhandled()).toBe(0);
});

it("keeps the room of what nobody can prove small", () => {
  const store = openWith({ quarantineBytes: 20_000 });
  const claims = madeMessages(100, { body: BODY, verdict: "unverified" });
  expect(outcomesOf(store, claims)).toEqual(new Set(["quarantined"]));
  expect(store.stats().quarantined).toBeLessThan(20);
  expect(store.stats().quarantined).toBeGreaterThan(10);
  expect(outcomesOf(store, claims.slice(-5))).toEqual(new Set(["duplicate"]));
  expect(
    outcomesOf(store, [madeMessage({ body: "y".repeat(30_000), verdict: "unverified" })]),
  ).toEqual(new Set(["refused"]));
  folder.clock.nowMs += 31 * DAY_MS;
  pruneAll(store);
  expect(store.stats().quarantined).toBe(0);
});

it("cannot be filled with the past: what would go next need not come", () => {
  const store = openWith({ storeBytesPerChannel: 50_000 });
  store.add(madeMessages(100, { body: BODY, senderId: "honest" }));
  const kept = idsIn(store, "lobby");
  const flood = madeMessages(100, {
    body: BODY,
    senderId: "flood",
    messageId: "0",
    timestampMs: NOW_MS - 20 * DAY_MS,
  });
  expect(outcomesOf(store, flood)).toEqual(new Set(["refused"]));
  expect(idsIn(store, "lobby")).toEqual(kept);
});

/** Received now, dated as told. */
const received = (messageId: string, senderId: string, aheadMs = 0): NewMessage => ({
  ...madeMessage({ messageId, senderId, body: BODY, timestampMs: folder.clock.nowMs + aheadMs }),
  receivedAtMs: folder.clock.nowMs,
});

describe("messages dated ahead of our clock", () => {
  const AHEAD_MS = 110_000;
  /** Ten messages dated ahead and then an honest one, again and again, 100 ms between two. */
  const flood = (store: MeshStore, rounds: number): Set<string> => {
    const honest = new Set<string>();
    for (let index = 0; index < rounds * 11; index += 1) {
      folder.clock.nowMs += 100;
      const isHonest = index % 11 === 10;
      const batch = [
        isHonest
          ? received(`honest-${index}`, "honest")
          : received(`ahead-${index}`, `flood-${index}`, AHEAD_MS),
      ];
      for (const outcome of outcomesOf(store, batch)) if (isHonest) honest.add(outcome);
    }
    return honest;
  };

  it("push out no more than any others: a channel goes on, and keeps what came last", () => {
    const store = openWith({ storeBytesPerChannel: 60_000 });
    expect(flood(store, 20)).toEqual(new Set(["stored"]));
    const ids = idsIn(store, "lobby");
    // Of those that have room, one in eleven, as they came.
    const honest = ids.filter((id) => id.startsWith("honest"));
    expect(ids.length).toBeGreaterThan(40);
    expect(honest.length).toBeGreaterThan(ids.length / 11 - 2);
    expect(ids).toContain("honest-219");
    expect(store.stats().bytes).toBeLessThanOrEqual(60_000);
  });

  it("are not taken again after they were deleted, before their time or after it", () => {
    const store = openWith({ storeBytesPerChannel: 60_000 });
    const first = received("first", "flood", AHEAD_MS);
    expect(outcomesOf(store, [first])).toEqual(new Set(["stored"]));
    flood(store, 20);
    expect(idsIn(store, "lobby")).not.toContain("first");
    expect(store.lacking("lobby", itemsOf([first]))).toEqual([]);
    expect(outcomesOf(store, [first])).toEqual(new Set(["refused"]));
    folder.clock.nowMs += 2 * AHEAD_MS;
    expect(outcomesOf(store, [first])).toEqual(new Set(["refused"]));
  });

  it("make nothing of the last minutes too late, where a channel is full", () => {
    const store = openWith({ storeBytesPerChannel: 60_000 });
    store.add([received("first", "s")]);
    const { bytes } = store.stats();
    for (let n = 0; store.stats().bytes + bytes <= 60_000; n += 1) {
      expect(outcomesOf(store, [received(`n${n}`, "s")])).toEqual(new Set(["stored"]));
    }
    // Passed on, as what was stored is, even where it is the next to go.
    expect(outcomesOf(store, [received("slow", "honest", -60_000)])).toEqual(new Set(["stored"]));
    expect(outcomesOf(store, [received("old", "other", -DAY_MS)])).toEqual(new Set(["refused"]));
  });

  it("grow old from when they came", () => {
    const store = openWith({ retentionMs: DAY_MS });
    store.add([received("ahead", "flood", AHEAD_MS)]);
    folder.clock.nowMs += DAY_MS;
    pruneAll(store);
    expect(store.stats()).toMatchObject({ messages: 0, bytes: 0 });
  });
});

describe("channels that nobody wants", () => {
  const limits = { storeBytes: 200_000, strayBytes: 30_000 };

  it("take a small room of their own, and none of the others", () => {
    const store = openWith(limits);
    store.add(madeMessages(120, { body: BODY }));
    inventChannels(store, 2_000, true);
    expect(idsIn(store, "lobby")).toHaveLength(120);
    expect(store.channels().length).toBeLessThan(30);
    expect(store.channels().map(({ channelId }) => channelId)).toContain("invented-true-1999");
  });

  it("leave nothing behind: what was deleted of them needs no row", () => {
    const store = openWith(limits);
    inventChannels(store, 2_000, true);
    const left = store.channels().length;
    expect(countRows(store)).toEqual([left, left]);
  });

  it("count as any other once somebody wants them, and after a start", () => {
    const store = openWith(limits);
    const early = { ...madeMessage({ channelId: "#late" }), isStray: true };
    store.add([early, madeMessage({ channelId: "#late", messageId: "wanted" })]);
    inventChannels(store, 200, true);
    expect(idsIn(store, "#late")).toHaveLength(2);
    const before = digestsIn(store, "invented-true-199");
    store[Symbol.dispose]();
    const again = openWith(limits);
    again.add([madeMessage()]);
    expect(digestsIn(again, "invented-true-199")).toEqual(before);
  });

  it("give way, and so do others, before a channel of our own does", () => {
    const store = openWith({ ...limits, storeBytesPerSender: 200_000 });
    store.protect(new Set(["lobby"]));
    store.add(madeMessages(120, { body: BODY }));
    inventChannels(store, 2_000, false);
    expect(idsIn(store, "lobby")).toHaveLength(120);
    store.add(madeMessages(100, { body: BODY, messageId: "m", senderId: "b" }).map(renumber));
    expect(store.stats().bytes).toBeLessThanOrEqual(200_000);
    expect(store.channels().map(({ channelId }) => channelId)).toEqual(["lobby"]);
  });
});

it("goes on deleting until no account is left that says nothing", () => {
  const store = openWith({ retentionMs: DAY_MS });
  const batch = Array.from({ length: 2_500 }, (_, index) =>
    madeMessage({ channelId: `c${index}`, senderId: `s${index}` }),
  );
  store.add(batch);
  folder.clock.nowMs += 2 * DAY_MS;
  pruneAll(store);
  expect(countRows(store)).toEqual([0, 0]);
});

/** One message in each of so many channels, each of a sender of its own. */
function inventChannels(store: MeshStore, count: number, isStray: boolean): void {
  const batch = Array.from({ length: count }, (_, index) => {
    const channelId = `invented-${isStray}-${index}`;
    return { ...madeMessage({ channelId, senderId: channelId, body: BODY }), isStray };
  });
  for (let at = 0; at < count; at += 100) store.add(batch.slice(at, at + 100));
}

function renumber(made: NewMessage, index: number): NewMessage {
  return madeMessage({ ...made.message, messageId: `renumbered-${index}` });
}

/** Rows of channels and of senders as the file has them, once the store is closed. */
function countRows(store: MeshStore): readonly unknown[] {
  store[Symbol.dispose]();
  using database = new DatabaseSync(folder.fileOf("peer"), { readOnly: true });
  return ["channels", "senders"].map(
    (table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"],
  );
}

function idsIn(store: MeshStore, channelId: string): string[] {
  return store.pageAfter(channelId, null, WHOLE_PAGE).map(({ message }) => message.messageId);
}

function itemsOf(batch: readonly NewMessage[]): { timestampMs: number; digest: Uint8Array }[] {
  return batch.map(({ digest, message }) => ({ timestampMs: message.timestampMs, digest }));
}
