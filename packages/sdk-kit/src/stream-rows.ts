import { Alarm } from "./alarm.ts";

/** Rows opened at a time, so that a long backlog takes no memory. */
const BATCH = 32;
const FOREVER_MS = 2 ** 31 - 1;

/** A table whose rows have numbers that only grow. */
export interface RowSource<TRow extends { readonly id: number }> {
  /** The first rows with a number above this, at most `limit`. */
  after(id: number, limit: number): readonly TRow[];
}

export interface StreamRowsOptions<TRow, TItem> {
  readonly decode: (row: TRow) => TItem;
  /** Calls back after new rows were committed; returns how to stop that. */
  readonly subscribe: (onRows: () => void) => () => void;
  readonly signal: AbortSignal;
}

/**
 * Every row of a table from the oldest on, then the new ones as they are committed; each once. Ends when the signal aborts;
 * rejects with what reading or decoding throws.
 */
export async function* streamRows<TRow extends { readonly id: number }, TItem>(
  source: RowSource<TRow>,
  { decode, signal, subscribe }: StreamRowsOptions<TRow, TItem>,
): AsyncGenerator<TItem, void, undefined> {
  const alarm = new Alarm();
  const unsubscribe = subscribe(() => alarm.ring());
  let lastId = 0;
  try {
    while (!signal.aborted) {
      const rows = source.after(lastId, BATCH);
      for (const row of rows) {
        if (signal.aborted) return;
        lastId = row.id;
        yield decode(row);
      }
      if (rows.length === 0) await alarm.sleep(FOREVER_MS, signal);
    }
  } finally {
    unsubscribe();
  }
}
