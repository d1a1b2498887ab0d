/** Where the time comes from, so that tests and replayed vectors can set it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, a whole number. */
  now(): number;
}

/** The clock of this machine. */
export const systemClock: Clock = { now: () => Date.now() };
