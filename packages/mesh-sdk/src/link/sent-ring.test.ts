import { expect, it } from "vitest";
import { createSentRing } from "./sent-ring.ts";

const digest = (first: number): Uint8Array => new Uint8Array(32).fill(first);

it("knows what was noted, and forgets the oldest when it is full", () => {
  const ring = createSentRing(2);
  expect([1, 2, 1].map((n) => ring.add(digest(n)))).toEqual([true, true, false]);
  expect(ring.add(digest(3))).toBe(true);
  expect(ring.add(digest(2))).toBe(false);
  expect(ring.add(digest(1))).toBe(true);
});

it("reads a digest that lies within a larger buffer", () => {
  const bytes = new Uint8Array(64).fill(7, 32);
  const ring = createSentRing(4);
  expect(ring.add(bytes.subarray(0, 32))).toBe(true);
  expect(ring.add(bytes.subarray(32))).toBe(true);
});
