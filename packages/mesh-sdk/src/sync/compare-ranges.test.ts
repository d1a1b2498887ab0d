import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { madeMessage, madeMessages, StoreFolder } from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import { MAX_FRAME_BYTES } from "../frame/limits.ts";
import { compareItems } from "../store/item-key.ts";
import type { ItemKey, MeshStore } from "../store/port.ts";
import { compareRanges } from "./compare-ranges.ts";
import type { SyncRange } from "./sync-frames.ts";
import { MAX_SYNC_ITEMS, MAX_SYNC_RANGES } from "./sync-limits.ts";

const SPAN_MS = 3_600_000;

let folder: StoreFolder;
let store: MeshStore;
let stored: readonly ItemKey[];

beforeEach(() => {
  folder = new StoreFolder();
  // What is older than half an hour it does not take: a part of what is asked lies below that.
  store = folder.open("peer", { limits: { retentionMs: SPAN_MS / 2 } });
  store.add(madeMessages(2_500, {}, 1_000));
  const ties = Array.from({ length: 500 }, (_, index) =>
    madeMessage({ messageId: `tie-${index}`, timestampMs: NOW_MS - SPAN_MS / 4 }),
  );
  store.add(ties);
  stored = store.items("lobby", {}, 10_000);
});

afterEach(() => folder[Symbol.dispose]());

const place: fc.Arbitrary<ItemKey> = fc.oneof(
  fc
    .nat({ max: 2_999 })
    .map((index) => stored[index] ?? { timestampMs: 0, digest: new Uint8Array(32) }),
  fc.record({
    timestampMs: fc.integer({ min: NOW_MS - SPAN_MS, max: NOW_MS + SPAN_MS }),
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
);
const sum = fc.record({
  kind: fc.constant("sum" as const),
  count: fc.nat({ max: 5_000 }),
  fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }),
});
/** Undefined stands for items: which ones, depends on the range. */
const content = fc.oneof(sum, fc.constant({ kind: "same" as const }), fc.constant(undefined));
/** Ranges in order, of any content; those with items name some that lie in them. */
const frame = fc
  .tuple(
    fc.uniqueArray(place, {
      maxLength: 40,
      comparator: (left, right) => compareItems(left, right) === 0,
    }),
    fc.array(content, { minLength: 41, maxLength: 41 }),
    fc.array(place, { maxLength: 60 }),
    fc.boolean(),
  )
  .map(([places, contents, items, isOpen]) => {
    const bounds: (ItemKey | undefined)[] = places.toSorted(compareItems);
    const from = isOpen ? undefined : bounds.shift();
    const ends = [...bounds, undefined];
    const ranges = ends.map((to, index): SyncRange => {
      const start = index === 0 ? from : ends[index - 1];
      const said = contents[index];
      if (said !== undefined) return Object.assign({ to }, said);
      const inside = items.filter(
        (item) =>
          (start === undefined || compareItems(item, start) >= 0) &&
          (to === undefined || compareItems(item, to) < 0),
      );
      return { to, kind: index % 2 === 0 ? "items" : "offer", items: inside };
    });
    return { channelId: "lobby", from, ranges };
  });

it("answers whatever is asked within a frame, in order, about the same range, and asks for nothing it has", () => {
  fc.assert(
    fc.property(frame, (asked) => {
      const { from, need, ranges } = compareRanges(store, asked);
      const items = ranges.flatMap((range) => ("items" in range ? range.items : []));
      expect(ranges.length).toBeLessThanOrEqual(MAX_SYNC_RANGES);
      expect(items.length).toBeLessThanOrEqual(MAX_SYNC_ITEMS);
      expect({ from, to: ranges.at(-1)?.to }).toEqual({
        from: asked.from,
        to: asked.ranges.at(-1)?.to,
      });
      expect(store.lacking("lobby", need)).toEqual(need);
      const text = encodeFrame({
        type: "oc_ranges",
        request: 1,
        channelId: "lobby",
        answer: true,
        from,
        ranges,
      });
      expect(Buffer.byteLength(text)).toBeLessThan(MAX_FRAME_BYTES);
      // The other side takes it: nothing in it breaks a rule.
      compareRanges(store, { channelId: "lobby", from, ranges });
    }),
    { numRuns: 60 },
  );
});

it("leaves as one sum what does not fit, where everything differs", () => {
  // As many ranges as a frame may have, all of them different, each boundary inside of a bucket.
  const ends = Array.from({ length: MAX_SYNC_RANGES - 1 }, (_, index) => stored[(index + 1) * 4]);
  const differs = { kind: "sum", count: 1, fingerprint: new Uint8Array(32) } as const;
  const ranges = [...ends, undefined].map((to): SyncRange => Object.assign({ to }, differs));
  const answer = compareRanges(store, { channelId: "lobby", from: stored[0], ranges });
  expect(answer.ranges.length).toBeLessThanOrEqual(MAX_SYNC_RANGES);
  expect(stored.length).toBeGreaterThan(2_100);
  expect(answer.ranges.at(-1)).toMatchObject({ to: undefined, kind: "sum" });
});
