import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  digestsIn,
  madeMessage,
  madeMessages,
  StoreFolder,
} from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { pull } from "../../test-support/sync-pairs.ts";
import type { ItemKey, MeshStore, NewMessage } from "../store/port.ts";
import { MAX_FRAME_BYTES } from "../frame/limits.ts";
import { compareRanges } from "./compare-ranges.ts";
import { PullSession } from "./pull-session.ts";
import type { OcPageFrame, OcRangesFrame } from "./sync-frames.ts";

let folder: StoreFolder;
let here: MeshStore;
let there: MeshStore;

beforeEach(() => {
  folder = new StoreFolder();
  here = folder.open("here");
  there = folder.open("there");
});

afterEach(() => folder[Symbol.dispose]());

/** A cursor that stands at the end, so that only the comparison can find what differs. */
const cursorAtEnd = (store: MeshStore): string =>
  `${store.epoch}:${store.channels().at(-1)?.newestArrival ?? 0}`;
const addAll = (store: MeshStore, batch: readonly NewMessage[]): void => {
  for (let first = 0; first < batch.length; first += 1_000) {
    store.add(batch.slice(first, first + 1_000));
  }
};

it("reads 10,000 messages of another store, all of them, in pages that fit into frames", () => {
  addAll(there, madeMessages(10_000, {}, 250));
  const cost = pull(here, there);
  expect(cost).toMatchObject({ end: "complete", received: 10_000 });
  expect(here.stats().messages).toBe(10_000);
  expect(here.summarize("lobby", {})).toEqual(there.summarize("lobby", {}));
  expect(cost.bytes / cost.frames).toBeLessThan(MAX_FRAME_BYTES);
  // Once read, a look costs next to nothing.
  const again = pull(here, there, { cursor: cost.cursor });
  expect(again).toMatchObject({ end: "complete", received: 0, frames: 4 });
  expect(again.bytes).toBeLessThan(1_000);
});

it("starts from nothing when the other's file is another one", () => {
  addAll(there, madeMessages(300));
  expect(pull(here, there, { cursor: "anotherEpoch:299" })).toMatchObject({ received: 300 });
  expect(pull(here, there, { cursor: "no cursor" })).toMatchObject({ received: 300 });
});

it("finds the few that differ among many, for both sides, at a small price", () => {
  const all = madeMessages(5_000, {}, 250);
  addAll(
    here,
    all.filter((_, index) => index % 500 !== 7),
  );
  addAll(
    there,
    all.filter((_, index) => index % 500 !== 250),
  );
  const cost = pull(here, there, { cursor: cursorAtEnd(there) });
  expect(cost).toMatchObject({ end: "complete", received: 10 });
  expect(here.stats().messages).toBe(5_000);
  expect(there.summarize("lobby", {})).toEqual(here.summarize("lobby", {}));
  expect(cost.bytes).toBeLessThan(200_000);
  expect(cost.frames).toBeLessThan(40);
});

it("gives an empty store everything by comparison alone, and the other way", () => {
  addAll(there, madeMessages(3_000, {}, 10));
  expect(pull(here, there, { cursor: `${there.epoch}:3000` })).toMatchObject({ end: "complete" });
  expect(here.stats().messages).toBe(3_000);
  const empty = folder.open("empty");
  expect(pull(here, empty)).toMatchObject({ end: "complete", received: 0 });
  expect(empty.summarize("lobby", {})).toEqual(here.summarize("lobby", {}));
});

it("brings any two subsets together, contradictions and equal timestamps included", () => {
  const pool = [
    ...madeMessages(150, {}, 1_000),
    ...Array.from({ length: 150 }, (_, index) =>
      madeMessage({ messageId: `tie-${index}`, timestampMs: NOW_MS - HOUR_MS }),
    ),
    ...Array.from({ length: 60 }, (_, index) =>
      madeMessage({ messageId: `twice-${index % 15}`, body: `version ${index}` }),
    ),
  ];
  const subset = fc.array(fc.boolean(), { minLength: pool.length, maxLength: pool.length });
  let runs = 0;
  fc.assert(
    fc.property(subset, subset, fc.boolean(), (left, right, isCursorAtEnd) => {
      runs += 1;
      const channelId = `c${runs}`;
      const inChannel = (mine: readonly boolean[]): NewMessage[] =>
        pool
          .filter((_, index) => mine[index])
          .map((added) => madeMessage({ ...added.message, channelId }));
      here.add(inChannel(left));
      there.add(inChannel(right));
      const cursor = isCursorAtEnd ? `${there.epoch}:${Number.MAX_SAFE_INTEGER}` : undefined;
      expect(pull(here, there, { channelId, cursor }).end).toBe("complete");
      expect(digestsIn(here, channelId)).toEqual(digestsIn(there, channelId));
    }),
    { numRuns: 12 },
  );
});

it("leaves alone what one side is too old for, however often it is compared", () => {
  const strict = folder.open("strict", { limits: { retentionMs: 3_600_000 } });
  addAll(here, madeMessages(3_000, {}, 10_000));
  strict.add(madeMessages(3_000, {}, 10_000).slice(-100));
  for (const [left, right] of [
    [here, strict],
    [strict, here],
  ] as const) {
    expect(pull(left, right, { cursor: cursorAtEnd(right) }).end).toBe("complete");
  }
  expect(here.stats().messages).toBe(3_000);
  expect(strict.stats().messages).toBe(354);
});

const HOUR_MS = 3_600_000;

function sessionWith(cursor?: string): PullSession {
  return new PullSession({
    channelId: "lobby",
    cursor,
    nextRequest: () => 7,
    settledTo: undefined,
    store: here,
  });
}

const page = (facts: Partial<OcPageFrame> = {}): OcPageFrame => ({
  type: "oc_page",
  request: 7,
  channelId: "lobby",
  epoch: "e",
  next: 0,
  more: false,
  messages: [],
  ...facts,
});

it("ignores what it has not asked for", () => {
  const session = sessionWith();
  session.next();
  expect(session.receive(page({ request: 8 }))).toBeUndefined();
  expect(session.receive(page({ channelId: "dev" }))).toBeUndefined();
  const ranges: OcRangesFrame = {
    type: "oc_ranges",
    request: 7,
    channelId: "lobby",
    answer: true,
    from: undefined,
    ranges: [],
  };
  expect(session.receive(ranges)).toBeUndefined();
  expect(session.receive(page())).toEqual({ messages: [], cursor: "e:0" });
  expect(session.receive(page())).toBeUndefined();
});

it("ends when the other promises more for ever, or goes back", () => {
  const endless = sessionWith();
  endless.next();
  endless.receive(page({ more: true, next: 0 }));
  expect(endless.end).toBe("no_progress");
  const back = sessionWith("e:5");
  back.next();
  back.receive(page({ next: 4 }));
  expect(back.end).toBe("no_progress");
  expect(back.next()).toBeUndefined();
});

it("compares nothing where it would take nothing any more", () => {
  const settledTo = { timestampMs: NOW_MS - 31 * 24 * HOUR_MS, digest: new Uint8Array(32) };
  const session = new PullSession({
    channelId: "lobby",
    cursor: undefined,
    nextRequest: () => 7,
    settledTo,
    store: here,
  });
  session.next();
  session.receive(page());
  expect(session.next()).toBeUndefined();
  expect(session.end).toBe("complete");
});

it("ends when the other finds a difference in every answer", () => {
  here.add(madeMessages(100));
  const session = sessionWith();
  session.next();
  session.receive(page());
  let rounds = 0;
  for (let frame = session.next(); frame !== undefined; frame = session.next()) {
    if (frame.type !== "oc_ranges") throw new TypeError("no ranges");
    rounds += 1;
    const last = frame.ranges.at(-1)?.to;
    const lie = {
      to: last,
      kind: "sum",
      count: rounds,
      fingerprint: new Uint8Array(32).fill(rounds),
    } as const;
    session.receive({ ...frame, answer: true, ranges: [lie] });
  }
  expect(session.end).toBe("too_much");
  expect(rounds).toBe(1_024);
});

it("ends when the other names messages and does not give them", () => {
  const session = sessionWith();
  session.next();
  session.receive(page());
  const frame = session.next();
  if (frame?.type !== "oc_ranges") throw new TypeError("no ranges");
  const items = [{ timestampMs: NOW_MS - 5, digest: new Uint8Array(32).fill(1) }];
  session.receive({ ...frame, answer: true, ranges: [{ to: undefined, kind: "offer", items }] });
  expect(session.next()).toMatchObject({ type: "oc_sync", by: "items", items });
  const extra = madeMessages(2).map(({ message }) => message);
  expect(session.receive(page({ next: 1, messages: extra }))).toEqual({ messages: [] });
  expect(session.end).toBe("malformed");
});

it("refuses ranges that overlap, and items that lie elsewhere", () => {
  const same = { kind: "same" } as const;
  expect(comparing({ from: at(5), ranges: [{ to: at(5), ...same }] })).toThrow(RangeError);
  expect(
    comparing({
      from: at(1),
      ranges: [
        { to: at(5), ...same },
        { to: at(4), ...same },
      ],
    }),
  ).toThrow(RangeError);
  expect(
    comparing({
      from: at(1),
      ranges: [
        { to: undefined, ...same },
        { to: at(9), ...same },
      ],
    }),
  ).toThrow(RangeError);
  for (const item of [at(0), at(5)]) {
    const ranges = [{ to: at(5), kind: "items", items: [item] }] as const;
    expect(comparing({ from: at(1), ranges })).toThrow(RangeError);
  }
});

function at(timestampMs: number): ItemKey {
  return { timestampMs, digest: new Uint8Array(32) };
}

function comparing(frame: Pick<OcRangesFrame, "from" | "ranges">): () => unknown {
  return () => compareRanges(here, { channelId: "lobby", ...frame });
}
