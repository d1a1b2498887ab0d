import { Alarm } from "../pacing/alarm.ts";
import type { IncomingTable } from "../store/incoming-table.ts";
import { decodeEvent } from "./event-codec.ts";
import type { ConvosEvent } from "./types.ts";

/** Rows opened at a time, so that a long backlog takes no memory. */
const BATCH = 32;
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Every unhandled event from the oldest on, then the new ones as they are committed; each once. Ends when the signal
 * aborts.
 *
 * @param subscribe - Calls back after new events were committed; returns how to stop that.
 */
export async function* streamEvents(
  incoming: IncomingTable,
  subscribe: (onEvents: () => void) => () => void,
  signal: AbortSignal,
): AsyncGenerator<ConvosEvent, void, undefined> {
  const alarm = new Alarm();
  const unsubscribe = subscribe(() => alarm.ring());
  let lastId = 0;
  try {
    while (!signal.aborted) {
      const rows = incoming.after(lastId, BATCH);
      for (const row of rows) {
        if (signal.aborted) return;
        lastId = row.id;
        const { content, ...source } = decodeEvent(row.event);
        yield { id: row.id, ...source, ...content };
      }
      if (rows.length === 0) await alarm.sleep(FOREVER_MS, signal);
    }
  } finally {
    unsubscribe();
  }
}
