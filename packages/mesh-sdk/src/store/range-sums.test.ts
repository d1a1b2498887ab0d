import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { madeMessages, StoreFolder } from "../../test-support/made-messages.ts";
import { NOW_MS } from "../../test-support/people.ts";
import { DigestSum } from "./digest-sum.ts";
import { compareItems } from "./item-key.ts";
import type { ItemKey, ItemRange, MeshStore, RangeSummary } from "./port.ts";

const HOUR_MS = 3_600_000;

let folder: StoreFolder;
let store: MeshStore;
let items: readonly ItemKey[];

beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open("peer", { limits: { storeBytesPerSender: 400_000 } });
  // Close together, hours apart, and many at one moment; the first of them are deleted again, being too many.
  store.add(madeMessages(700, {}, 30_000));
  store.add(
    madeMessages(300, { messageId: "burst" }, 7).map((added, index) =>
      at(added, `b-${index}`, NOW_MS - HOUR_MS),
    ),
  );
  items = store.items("lobby", {}, 10_000);
});

afterEach(() => folder[Symbol.dispose]());

function at(
  added: ReturnType<typeof madeMessages>[number],
  messageId: string,
  timestampMs: number,
): typeof added {
  const message = { ...added.message, messageId, timestampMs };
  const digest = new Uint8Array(32).map(
    (_, index) => (messageId.charCodeAt(index % messageId.length) * (index + 3)) % 256,
  );
  return { ...added, message, digest };
}

function summaryOf(inside: readonly ItemKey[]): RangeSummary {
  const sum = new DigestSum();
  for (const { digest } of inside) sum.add(digest);
  return { count: sum.count, fingerprint: sum.bytes };
}

const within = ({ from, to }: ItemRange): ItemKey[] =>
  items.filter(
    (item) =>
      (from === undefined || compareItems(item, from) >= 0) &&
      (to === undefined || compareItems(item, to) < 0),
  );

/** At a message, or anywhere else. */
const place = fc.oneof(
  fc.constant(undefined),
  fc.nat({ max: 599 }).map((index) => items[index % items.length]),
  fc.record({
    timestampMs: fc.integer({ min: NOW_MS - 9 * HOUR_MS, max: NOW_MS + HOUR_MS }),
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
);
const range = fc.tuple(place, place).map(([left, right]): ItemRange => {
  const isBackwards = left !== undefined && right !== undefined && compareItems(left, right) > 0;
  return isBackwards ? { from: right, to: left } : { from: left, to: right };
});

it("sums any range as if it had read each message, after deletions too", () => {
  expect(items.length).toBeGreaterThan(300);
  expect(items.length).toBeLessThan(1_000);
  fc.assert(
    fc.property(range, (asked) => {
      expect(store.summarize("lobby", asked)).toEqual(summaryOf(within(asked)));
    }),
    { numRuns: 80 },
  );
});

it("divides any range into parts that follow one another, none of them near the whole", () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 2, max: 40 }), (asked, wanted) => {
      const whole = within(asked);
      const parts = store.summarizeParts("lobby", asked, wanted);
      expect(parts.length).toBeLessThanOrEqual(wanted);
      expect(parts.at(-1)?.to).toEqual(asked.to);
      let from = asked.from;
      for (const { count, fingerprint, to } of parts) {
        expect({ count, fingerprint }).toEqual(summaryOf(within({ from, to })));
        const most = whole.length > 1 ? 2 * Math.ceil(whole.length / wanted) - 1 : 1;
        expect(count).toBeLessThanOrEqual(Math.min(most, Math.max(1, whole.length - 1)));
        from = to;
      }
      expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(whole.length);
    }),
    { numRuns: 40 },
  );
});

it("adds as numbers are written: the last byte counts least", () => {
  const sum = new DigestSum();
  sum.add(new Uint8Array(32).fill(0xff));
  sum.add(new Uint8Array(32).with(31, 2));
  expect(sum).toMatchObject({ count: 2, bytes: new Uint8Array(32).with(31, 1) });
  sum.add(new Uint8Array(32).with(31, 0xff));
  expect([...sum.bytes.subarray(30)]).toEqual([1, 0]);
});

it("takes away what it has added", () => {
  const sum = new DigestSum();
  const digests = items.slice(0, 50).map(({ digest }) => digest);
  for (const digest of digests) sum.add(digest);
  for (const digest of digests) sum.subtract(digest);
  expect(sum).toMatchObject({ count: 0, bytes: new Uint8Array(32) });
});
