/** What part of a log is asked for. */
export interface Page {
  readonly direction: "ascending" | "descending";
  /** Exclusive: ids above it, or, descending, below it. */
  readonly cursor: bigint;
  readonly limit: number;
}

/** Larger than any id: SQLite's integers are signed. */
export const BEYOND_ALL_IDS = 2n ** 63n - 1n;
