import { describe, expect, it } from "vitest";
import { createRateLimiter } from "./rate-limit.ts";

describe("rate limiter", () => {
  it("lets a burst through, then says how long to wait, per address", () => {
    let nowMs = 0;
    const limiter = createRateLimiter({ requests: 2, perMs: 1_000 }, 10, () => nowMs);
    expect([limiter.take("a"), limiter.take("a"), limiter.take("a")]).toEqual([0, 0, 500]);
    expect(limiter.take("b")).toBe(0);
    nowMs = 500;
    expect([limiter.take("a"), limiter.take("a")]).toEqual([0, 500]);
  });

  it("neither fills nor empties when the clock is set back", () => {
    let nowMs = 10_000;
    const limiter = createRateLimiter({ requests: 2, perMs: 1_000 }, 10, () => nowMs);
    limiter.take("a");
    nowMs = 0;
    expect([limiter.take("a"), limiter.take("a")]).toEqual([0, 500]);
  });

  it("forgets the address not seen for longest when there are too many", () => {
    const limiter = createRateLimiter({ requests: 1, perMs: 1_000 }, 2, () => 0);
    for (const address of ["a", "b", "c"]) limiter.take(address);
    expect(limiter.take("c")).toBeGreaterThan(0);
    expect(limiter.take("a")).toBe(0);
  });
});
