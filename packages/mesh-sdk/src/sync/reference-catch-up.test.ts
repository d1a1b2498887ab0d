import { afterEach, beforeEach, expect, it } from "vitest";
import { madeMessage, madeMessages, StoreFolder } from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { catchUp, ReferenceStore } from "../../test-support/sync-pairs.ts";
import type { MeshMessage } from "../message/message.ts";
import type { MeshStore } from "../store/port.ts";
import { ReferenceCatchUp } from "./reference-catch-up.ts";

const HOUR_MS = 3_600_000;

let folder: StoreFolder;
let store: MeshStore;
let reference: ReferenceStore;

beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open();
  reference = new ReferenceStore();
});

afterEach(() => folder[Symbol.dispose]());

const messages = (count: number, stepMs?: number): MeshMessage[] =>
  madeMessages(count, {}, stepMs).map(({ message }) => message);
const ties = (count: number, timestampMs: number): MeshMessage[] =>
  Array.from(
    { length: count },
    (_, index) => madeMessage({ messageId: `tie-${timestampMs}-${index}`, timestampMs }).message,
  );

it("reads a store to its end, however many messages it has", () => {
  reference.add(messages(2_750));
  expect(catchUp(store, reference)).toMatchObject({ end: "complete" });
  expect(store.stats().messages).toBe(2_750);
});

it("reads what lies in pages smaller than asked for", () => {
  const small = new ReferenceStore(40);
  small.add(messages(500));
  expect(catchUp(store, small)).toMatchObject({ end: "complete" });
  expect(store.stats().messages).toBe(500);
});

it.each([0, 250, 499])("reads 300 messages of one timestamp after %i others", (before) => {
  reference.add(messages(before));
  reference.add(ties(300, NOW_MS - 30_000));
  reference.add(ties(300, NOW_MS - 20_000));
  expect(catchUp(store, reference)).toMatchObject({ end: "complete" });
  expect(store.stats().messages).toBe(before + 600);
});

it("says so when a page is one timestamp, which there is no way past", () => {
  reference.add(messages(10));
  reference.add(ties(501, NOW_MS - 30_000));
  expect(catchUp(store, reference)).toMatchObject({ end: "equal_timestamps" });
  expect(store.stats().messages).toBe(510);
});

it("goes on from where it was, in one question when nothing is new", () => {
  reference.add(messages(1_200));
  const first = catchUp(store, reference);
  reference.requests = 0;
  const second = catchUp(store, reference, { cursor: first.cursor });
  expect(second).toMatchObject({ end: "complete" });
  expect(second.received).toBeLessThan(10);
  expect(reference.requests).toBe(1);
  reference.add(
    ties(700, NOW_MS).map(
      (message, index) =>
        madeMessage({
          ...message,
          timestampMs: NOW_MS + index,
          timestamp: new Date(NOW_MS + index).toISOString(),
        }).message,
    ),
  );
  expect(catchUp(store, reference, { cursor: second.cursor })).toMatchObject({ end: "complete" });
  expect(store.stats().messages).toBe(1_900);
});

it("steps back when the store has forgotten where we were, to the beginning if it must", () => {
  reference.add(messages(1_200));
  const { cursor } = catchUp(store, reference);
  const known = JSON.parse(cursor ?? "").anchors;
  expect(known.length).toBeGreaterThan(2);
  reference.remove(known[0]);
  reference.requests = 0;
  expect(catchUp(folder.open("second"), reference, { cursor })).toMatchObject({ end: "complete" });
  expect(reference.requests).toBeGreaterThan(1);

  const emptied = new ReferenceStore();
  emptied.add(ties(20, NOW_MS - 5_000));
  const third = folder.open("third");
  expect(catchUp(third, emptied, { cursor })).toMatchObject({ end: "complete" });
  expect(third.stats().messages).toBe(20);
});

it("reads all of it again after a while, for what came late with an earlier timestamp", () => {
  reference.add(messages(600));
  const { cursor } = catchUp(store, reference);
  reference.add([madeMessage({ messageId: "late", timestampMs: NOW_MS - 500_000 }).message]);
  const later = { cursor, nowMs: NOW_MS + HOUR_MS };
  catchUp(store, reference, later);
  expect(store.stats().messages).toBe(600);
  const full = catchUp(store, reference, { cursor, nowMs: NOW_MS + 6 * HOUR_MS });
  expect(store.stats().messages).toBe(601);
  reference.requests = 0;
  catchUp(store, reference, { cursor: full.cursor, nowMs: NOW_MS + 7 * HOUR_MS });
  expect(reference.requests).toBe(1);
});

it("starts from the beginning with a cursor that it cannot read", () => {
  reference.add(messages(20));
  // The last one comes twice: pages overlap.
  for (const cursor of ["", "{", "null", '{"anchors":5}', '{"anchors":[],"fullScanAtMs":"x"}']) {
    expect(catchUp(store, reference, { cursor })).toMatchObject({ end: "complete", received: 21 });
  }
});

it("ends when a store sends the same pages round and round, or rows without a place", () => {
  const rows = messages(600);
  let turn = 0;
  const circling: Pick<ReferenceStore, "answer"> = {
    answer: ({ channelId }) => {
      turn += 1;
      const part = turn % 2 === 0 ? rows.slice(0, 300) : rows.slice(300);
      const marks = part.map(({ messageId, timestamp }) => ({ messageId, timestamp }));
      return { type: "sync_response", channelId, messages: part, marks, rows: part.length };
    },
  };
  expect(catchUp(store, circling)).toMatchObject({ end: "no_progress" });
  const rubbish: Pick<ReferenceStore, "answer"> = {
    answer: ({ channelId }) => ({
      type: "sync_response",
      channelId,
      messages: [],
      marks: [],
      rows: 3,
    }),
  };
  expect(catchUp(store, rubbish)).toMatchObject({ end: "malformed", received: 0 });
});

it("takes a page only when it has asked for one", () => {
  const session = new ReferenceCatchUp({
    channelId: "lobby",
    cursor: undefined,
    fullScanMs: HOUR_MS,
    nowMs: NOW_MS,
  });
  const page = {
    type: "sync_response",
    channelId: "lobby",
    messages: [],
    marks: [],
    rows: 0,
  } as const;
  expect(session.receive(page)).toBeUndefined();
  session.next();
  expect(session.receive({ ...page, channelId: "dev" })).toBeUndefined();
  expect(session.receive(page)).toMatchObject({ messages: [] });
  expect(session.end).toBe("complete");
  expect(session.receive(page)).toBeUndefined();
});
