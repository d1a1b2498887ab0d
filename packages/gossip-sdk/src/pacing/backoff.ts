/** Bounds of a back-off in milliseconds. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Longest pause after an error of the relay. */
const MAX_RETRY_MS = 60_000;

/** Pauses after errors of the relay: the first is usually a second, the longest always a minute. */
export function relayBackoff(firstMs: number): BackoffBounds {
  return { firstMs, maxMs: MAX_RETRY_MS };
}

/**
 * How long to wait after a number of failures in a row: doubled each time, and a random half of it taken off, so that
 * clients which lost a relay together do not come back together.
 *
 * @param failures - 1 or more. @param random - A number from 0 (inclusive) to 1 (exclusive).
 */
export function backoffMs(failures: number, random: number, bounds: BackoffBounds): number {
  const fullMs = Math.min(bounds.firstMs * 2 ** Math.min(failures - 1, 30), bounds.maxMs);
  return Math.round(fullMs * (0.5 + random / 2));
}

/** An interval give or take a fifth, so that many clients spread out. */
export function spreadMs(intervalMs: number, random: number): number {
  return Math.round(intervalMs * (0.8 + random * 0.4));
}
