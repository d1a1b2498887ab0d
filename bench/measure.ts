// Timing side by side: the contenders take turns, in an order that changes from round to round, so that a slow moment
// of the machine meets all of them alike. A turn is a small batch of the same operation, because a single call right
// after another contender's would measure that one's cold caches.

const ROUNDS_BETWEEN_COLLECTIONS = 10;

/** The three that are compared, as indexes into a round. */
const ORDERS = [
  [0, 1, 2],
  [1, 2, 0],
  [2, 0, 1],
  [0, 2, 1],
  [2, 1, 0],
  [1, 0, 2],
] as const;

/** Runs a batch of one operation and returns the milliseconds of each call; throws {@link WrongResultError}. */
export type Turn = () => number[];

export interface Comparison {
  readonly baseline: Turn;
  readonly ours: Turn;
  readonly raw: Turn;
  /** Measured rounds. Signing time of ML-DSA is random, so what signs needs many. */
  readonly rounds: number;
  readonly warmUpRounds: number;
}

/** An operation gave something else than it must. Not a matter of speed: the run fails. */
export class WrongResultError extends Error {
  override readonly name = "WrongResultError";
}

/**
 * A contender: what it does outside the clock before and after, and the one call that is timed.
 *
 * @param name - Names the contender in a {@link WrongResultError}.
 * @param batch - Calls in one turn. All are prepared, then all timed back to back, then all checked.
 * @param parts.prepare - Makes the input of one call, untimed; `slot` counts from 0 to batch - 1.
 * @param parts.run - The measured call.
 * @param parts.check - Whether the output is right, untimed; asked about every single output.
 */
export function createTurn<Input, Output>(
  name: string,
  batch: number,
  parts: {
    prepare: (slot: number) => Input;
    run: (input: Input) => Output;
    check: (output: Output, input: Input, slot: number) => boolean;
  },
): Turn {
  return () => {
    const inputs = Array.from({ length: batch }, (_, slot) => parts.prepare(slot));
    const done = inputs.map((input) => {
      const startedAtMs = performance.now();
      const output = parts.run(input);
      return { input, output, elapsedMs: performance.now() - startedAtMs };
    });
    return done.map(({ input, output, elapsedMs }, slot) => {
      if (!parts.check(output, input, slot)) throw new WrongResultError(`${name}: wrong result`);
      return elapsedMs;
    });
  };
}

/** Medians of the three contenders in milliseconds. */
export function compare(comparison: Comparison): {
  baselineMs: number;
  oursMs: number;
  rawMs: number;
} {
  const turns = [comparison.baseline, comparison.ours, comparison.raw] as const;
  const samples: [number[], number[], number[]] = [[], [], []];
  for (let round = -comparison.warmUpRounds; round < comparison.rounds; round++) {
    if (round % ROUNDS_BETWEEN_COLLECTIONS === 0) globalThis.gc?.();
    for (const index of ORDERS[Math.abs(round) % ORDERS.length] ?? ORDERS[0]) {
      const elapsedMs = turns[index]();
      if (round >= 0) samples[index].push(...elapsedMs);
    }
  }
  const [baseline, ours, raw] = samples;
  return { baselineMs: median(baseline), oursMs: median(ours), rawMs: median(raw) };
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which `fraction` of the samples lie; NaN of nothing. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}
