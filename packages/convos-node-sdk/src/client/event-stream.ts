import { streamRows } from "sdk-kit";
import type { IncomingTable } from "../store/incoming-table.ts";
import { decodeEvent } from "./event-codec.ts";
import type { ConvosEvent } from "./types.ts";

/**
 * Every unhandled event from the oldest on, then the new ones as they are committed; each once. Ends when the signal
 * aborts.
 *
 * @param subscribe - Calls back after new events were committed; returns how to stop that.
 */
export function streamEvents(
  incoming: IncomingTable,
  subscribe: (onEvents: () => void) => () => void,
  signal: AbortSignal,
): AsyncGenerator<ConvosEvent, void, undefined> {
  return streamRows(incoming, {
    decode: ({ id, event }) => {
      const { content, ...source } = decodeEvent(event);
      return { id, ...source, ...content };
    },
    signal,
    subscribe,
  });
}
