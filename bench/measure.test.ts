import { describe, expect, it } from "vitest";
import { compare, createTurn, median, quantile, WrongResultError } from "./measure.ts";
import { createRecord, isMet } from "./records.ts";

const IDLE = createTurn("idle", 1, {
  prepare: () => undefined,
  run: () => undefined,
  check: () => true,
});

describe("a comparison", () => {
  it("gives every contender the same number of calls", () => {
    const calls = { baseline: 0, ours: 0, raw: 0 };
    const counting = (name: keyof typeof calls): (() => number[]) =>
      createTurn(name, 3, {
        prepare: (slot) => slot,
        run: () => (calls[name] += 1),
        check: () => true,
      });
    compare({
      baseline: counting("baseline"),
      ours: counting("ours"),
      raw: counting("raw"),
      rounds: 7,
      warmUpRounds: 2,
    });
    expect(calls).toEqual({ baseline: 27, ours: 27, raw: 27 });
  });

  it("ends with an error at the first wrong output", () => {
    const wrong = createTurn("ours", 2, {
      prepare: (slot) => slot,
      run: (slot) => slot,
      check: (output) => output === 0,
    });
    expect(() =>
      compare({ baseline: IDLE, ours: wrong, raw: IDLE, rounds: 1, warmUpRounds: 0 }),
    ).toThrow(WrongResultError);
  });
});

describe("a record", () => {
  it("divides the yardstick by ours, and ours by the bare primitives", () => {
    const record = createRecord({ name: "op", unit: "ms", value: 2, baseline: 10, raw: 1.6 });
    expect(record).toMatchObject({ ratio: 5, overRaw: 1.25 });
  });

  it("misses its floor when ours is too slow against either", () => {
    const record = createRecord({ name: "op", unit: "ms", value: 2, baseline: 10, raw: 1 });
    expect(isMet({ record, floor: 4 })).toBe(true);
    expect(isMet({ record, floor: 6 })).toBe(false);
    expect(isMet({ record, floor: 4, overRawLimit: 1.5 })).toBe(false);
  });

  it("never meets a floor without a yardstick", () => {
    const record = createRecord({ name: "op", unit: "ms", value: 2 });
    expect(isMet({ record, floor: 1 })).toBe(false);
  });
});

describe("a quantile", () => {
  it("is a value of the sample", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(quantile([1, 2, 3, 4], 0.95)).toBe(4);
  });

  it("of nothing is no number", () => {
    expect(median([])).toBeNaN();
  });
});
