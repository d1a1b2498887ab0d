import { afterEach, beforeEach, expect, it } from "vitest";
import { madeMessages, StoreFolder } from "../../test-support/made-messages.ts";
import { keyOf, NOW_MS } from "../../test-support/people.ts";
import { catchUp } from "../../test-support/sync-pairs.ts";
import type { SyncRequestFrame } from "../frame/frames.ts";
import type { MeshStore } from "../store/port.ts";
import { answerRanges, answerSync, answerSyncRequest, comparisonCostOf, mayRead } from "./serve.ts";

let folder: StoreFolder;
let store: MeshStore;

beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open();
});

afterEach(() => folder[Symbol.dispose]());

const ask = (facts: Partial<SyncRequestFrame>): string[] =>
  answerSyncRequest(store, {
    type: "sync_request",
    channelId: "lobby",
    afterMessageId: null,
    limit: 100,
    ...facts,
  }).messages.map(({ messageId }) => messageId);

it("gives a reference client, which never pages, the newest hundred, and everybody else the oldest first", () => {
  store.add(madeMessages(1_200));
  expect(ask({})).toEqual(
    madeMessages(1_200)
      .slice(-100)
      .map(({ message }) => message.messageId),
  );
  expect(ask({ limit: 99 })[0]).toBe("lobby-0");
  expect(ask({ afterMessageId: "lobby-9" })[0]).toBe("lobby-10");
  expect(ask({ afterMessageId: "unknown" })).toEqual([]);
  expect(ask({ limit: 1_000_000 })).toHaveLength(500);
  expect(ask({ limit: -1 })).toHaveLength(1);
});

it("bounds what a small question brings out", () => {
  store.add(madeMessages(100, { body: "x".repeat(60_000) }));
  expect(ask({}).length).toBeLessThan(18);
  expect(ask({}).at(-1)).toBe("lobby-99");
  const page = answerSync(store, {
    type: "oc_sync",
    by: "arrival",
    request: 1,
    channelId: "lobby",
    epoch: null,
    after: 0,
    maxBytes: 1e9,
  });
  expect(page.messages).toHaveLength(3);
  expect(page).toMatchObject({ next: 3, more: true });
});

it("is read to the end by the rules of the reference", () => {
  store.add(madeMessages(1_500));
  const reader = folder.open("reader");
  const cost = catchUp(reader, { answer: (frame) => answerSyncRequest(store, frame) });
  expect(cost.end).toBe("complete");
  expect(reader.stats().messages).toBe(1_500);
});

it("answers no answer, and no ranges that break a rule", () => {
  const frame = {
    type: "oc_ranges",
    request: 1,
    channelId: "lobby",
    answer: false,
    from: undefined,
    ranges: [{ to: undefined, kind: "same" }],
  } as const;
  expect(answerRanges(store, frame)?.answer).toMatchObject({ request: 1, answer: true });
  expect(answerRanges(store, { ...frame, answer: true })).toBeUndefined();
  const from = { timestampMs: 5, digest: new Uint8Array(32) };
  expect(
    answerRanges(store, { ...frame, from, ranges: [{ to: from, kind: "same" }] }),
  ).toBeUndefined();
});

it("counts a comparison by what it makes us read, not by what it says", () => {
  const item = { timestampMs: NOW_MS, digest: new Uint8Array(32) };
  const one = { to: undefined, kind: "sum", count: 0, fingerprint: new Uint8Array(32) } as const;
  const cheap = comparisonCostOf({ ranges: [one] });
  const wide = comparisonCostOf({ ranges: Array.from({ length: 512 }, () => one) });
  const items = Array.from({ length: 2_048 }, () => item);
  const long = comparisonCostOf({ ranges: [{ to: undefined, kind: "items", items }] });
  expect(wide).toBeGreaterThan(50 * cheap);
  expect(long).toBeGreaterThan(7 * cheap);
});

it("gives a plain direct channel to its two proven peers, and to nobody else", () => {
  const alice = keyOf("alice").peerId;
  const bob = keyOf("bob").peerId;
  const eve = keyOf("eve").peerId;
  const channel = `dm:${alice}:${bob}`;
  const readers = [alice, bob, eve, undefined].filter((peer) => mayRead(channel, peer));
  expect(readers).toEqual([alice, bob]);
  expect(mayRead("lobby", undefined)).toBe(true);
  // Names that are no keys can be proven by nobody; with three of them nobody knows whose they are.
  for (const odd of [
    "dm:",
    "dm:a:b",
    `dm:${alice}`,
    `dm:${alice}:b`,
    `dm:${alice}:${bob}:${eve}`,
  ]) {
    expect([odd, [alice, bob, eve, undefined].some((peer) => mayRead(odd, peer))]).toEqual([
      odd,
      false,
    ]);
  }
});
