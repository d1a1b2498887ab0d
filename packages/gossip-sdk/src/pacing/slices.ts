import { setImmediate as nextTurn } from "node:timers/promises";

/** How long the event loop is held at a time. */
const SLICE_MS = 8;

/**
 * Does something with each item, giving everybody else a turn whenever that took a while.
 *
 * @param signal - Checked between items; an abort rejects with its reason.
 */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  visit: (item: T) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let sliceEndMs = performance.now() + SLICE_MS;
  for (const item of items) {
    signal?.throwIfAborted();
    // One after the other is the point.
    await visit(item);
    if (performance.now() > sliceEndMs) {
      await nextTurn();
      sliceEndMs = performance.now() + SLICE_MS;
    }
  }
}
