/** How long to wait before dialing again: doubles from `minMs` up to `maxMs`, for ever. */
export interface BackoffRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * The wait before try number `failures + 1`, in milliseconds. Half of it is jitter, so that peers which lost the same relay
 * at the same time do not come back at the same time.
 *
 * @param failures - Tries that failed in a row, from 1.
 * @param random - From 0 (inclusive) to 1 (exclusive).
 */
export function computeRedialDelay(failures: number, range: BackoffRange, random: number): number {
  const doubled = range.minMs * 2 ** Math.min(Math.max(failures - 1, 0), 30);
  const capped = Math.min(doubled, range.maxMs);
  return Math.round(capped * (0.5 + random / 2));
}
