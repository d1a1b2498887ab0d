import { describe, expect, it } from "vitest";
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from "./retry-after.ts";

const NOW_MS = Date.parse("Sat, 21 Nov 2026 03:00:00 GMT");

describe("parseRetryAfter", () => {
  it.each([
    ["0", 0],
    ["7", 7_000],
    [" 7 ", 7_000],
    ["99999999999999999999", MAX_RETRY_AFTER_MS],
    ["Sat, 21 Nov 2026 03:00:30 GMT", 30_000],
    ["Sat, 21 Nov 2026 02:00:00 GMT", 0],
    ["Sun, 21 Nov 2027 03:00:00 GMT", MAX_RETRY_AFTER_MS],
  ])("reads %j as %i ms", (header, waitMs) => {
    expect(parseRetryAfter(header, NOW_MS)).toBe(waitMs);
  });

  it.each([null, "", "soon", "NaN"])("reads nothing from %j", (header) => {
    expect(parseRetryAfter(header, NOW_MS)).toBeUndefined();
  });
});
