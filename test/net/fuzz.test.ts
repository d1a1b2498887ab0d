import { describe, expect, it } from "vitest";
import { FUZZ_AREAS } from "../../scripts/fuzz/areas.ts";
import { fuzz } from "../../scripts/fuzz/engine.ts";
import type { FuzzReport, FuzzTarget, FuzzVerdict } from "../../scripts/fuzz/engine.ts";
import { hostileBytes } from "../../scripts/fuzz/mutate.ts";
import { SeededRandom } from "../../scripts/fuzz/random.ts";

const INPUTS = 5000;
const SEED = 7;
const TIMEOUT_MS = 120_000;
/** Not a multiple of 8, so that every bit of a byte has its turn; `npm run fuzz` flips them all. */
const FLIP_STRIDE = 11;

describe.each(Object.entries(FUZZ_AREAS))("%s under hostile input", (_name, area) => {
  it.each(area.targets())(
    "$name refuses or takes every input, and takes nothing forged",
    { timeout: TIMEOUT_MS },
    async (target) => {
      const report = await fuzz(target, INPUTS, new SeededRandom(SEED, target.name));
      expect(report.failures).toEqual([]);
      expect(report).toMatchObject({ inputs: INPUTS, crashes: 0, hangs: 0, forged: 0 });
    },
  );

  it.each(area.invariants())("$name changes nothing", { timeout: TIMEOUT_MS }, (invariant) => {
    const outcome = invariant.run(() => {}, FLIP_STRIDE);
    expect(outcome.cases).toBeGreaterThan(0);
    expect(outcome.violations).toBe(0);
  });
});

describe("the fuzzer", () => {
  it("counts an error that the parser does not promise as a crash", async () => {
    const report = await fuzzSample(() => {
      throw new TypeError("undefined is not a function");
    });
    expect(report).toMatchObject({ crashes: 3, rejected: 0 });
    expect(report.failures[0]?.detail).toContain("undefined is not a function");
  });

  it("counts a promised error as a rejection", async () => {
    const report = await fuzzSample(() => {
      throw new RangeError("too long");
    });
    expect(report).toMatchObject({ crashes: 0, rejected: 3, failures: [] });
  });

  it("counts an input that always takes long as a hang", async () => {
    const report = await fuzzSample(() => {
      const endMs = performance.now() + 60;
      while (performance.now() < endMs);
      return "accepted";
    });
    expect(report).toMatchObject({ hangs: 3 });
  });

  it("counts what was taken for genuine and is not", async () => {
    expect(await fuzzSample(() => "forged")).toMatchObject({ forged: 3 });
  });

  it("makes the same inputs of the same seed, and others of another", () => {
    expect(hostileInputs(1)).toEqual(hostileInputs(1));
    expect(hostileInputs(1)).not.toEqual(hostileInputs(2));
  });

  it("never changes a sample", () => {
    const sample = Buffer.from("a sample that stays as it is");
    const random = new SeededRandom(SEED, "sample");
    for (let i = 0; i < 500; i++) hostileBytes(random, [sample]);
    expect(sample.toString()).toBe("a sample that stays as it is");
  });
});

/** Three inputs for a parser of the test's own. */
function fuzzSample(feed: () => FuzzVerdict): Promise<FuzzReport> {
  const target: FuzzTarget = {
    name: "sample",
    generate: (random) => random.bytes(4),
    feed,
    isRefusal: (error) => error instanceof RangeError,
  };
  return fuzz(target, 3, new SeededRandom(SEED, target.name));
}

function hostileInputs(seed: number): Uint8Array[] {
  const random = new SeededRandom(seed, "sample");
  return Array.from({ length: 50 }, () => hostileBytes(random, [new Uint8Array(40)]));
}
