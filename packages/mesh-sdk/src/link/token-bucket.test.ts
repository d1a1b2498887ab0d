import { expect, it } from "vitest";
import { createKeyedBuckets, createTokenBucket } from "./token-bucket.ts";

it("lets a burst through, then the rate, and takes nothing when it refuses", () => {
  let nowMs = 0;
  const bucket = createTokenBucket({ perSecond: 2, burst: 3 }, { now: () => nowMs });
  expect([bucket.tryTake(2), bucket.tryTake(2), bucket.tryTake(1), bucket.tryTake()]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  nowMs = 500;
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
});

it("neither fills nor empties when the clock is set back", () => {
  let nowMs = 10_000;
  const bucket = createTokenBucket({ perSecond: 1, burst: 1 }, { now: () => nowMs });
  expect(bucket.tryTake()).toBe(true);
  nowMs = 0;
  expect(bucket.tryTake()).toBe(false);
  nowMs = 999;
  expect(bucket.tryTake()).toBe(false);
  nowMs = 1_000;
  expect(bucket.tryTake()).toBe(true);
});

it("counts each key for itself and forgets the one not used for longest", () => {
  const buckets = createKeyedBuckets({ perSecond: 1, burst: 1 }, 2, { now: () => 0 });
  expect(["a", "b", "a", "c"].map((key) => buckets.tryTake(key))).toEqual([
    true,
    true,
    false,
    true,
  ]);
  // "b" made room for "c", "a" did not.
  expect(["a", "b"].map((key) => buckets.tryTake(key))).toEqual([false, true]);
});

it("goes into debt on request and says how long that lasts", () => {
  let nowMs = 0;
  const bucket = createTokenBucket({ perSecond: 10, burst: 5 }, { now: () => nowMs });
  expect([bucket.take(5), bucket.take(2)]).toEqual([0, 200]);
  nowMs = 100;
  expect([bucket.take(0), bucket.tryTake(1)]).toEqual([100, false]);
  nowMs = 300;
  expect(bucket.tryTake(1)).toBe(true);
});
