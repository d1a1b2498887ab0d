import { expect, it } from "vitest";
import { computeRedialDelay } from "./backoff.ts";

const range = { minMs: 1_000, maxMs: 30_000 };

it("doubles up to the longest wait, with half of it left to chance", () => {
  expect([1, 2, 3, 5, 6, 1_000].map((n) => computeRedialDelay(n, range, 0.999_999_9))).toEqual([
    1_000, 2_000, 4_000, 16_000, 30_000, 30_000,
  ]);
  expect([1, 6].map((n) => computeRedialDelay(n, range, 0))).toEqual([500, 15_000]);
});
