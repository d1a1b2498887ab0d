import { streamRows } from "sdk-kit";
import { decodeStoredEvent } from "../conversation/stored-event-codec.ts";
import type { IncomingTable } from "../store/incoming-table.ts";
import type { GossipEvent } from "./types.ts";

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
): AsyncGenerator<GossipEvent, void, undefined> {
  return streamRows(incoming, {
    decode: ({ id, event: stored }) => {
      const { peer, sentAtMs, receivedAtMs, event } = decodeStoredEvent(stored);
      return { id, peer, sentAtMs, receivedAtMs, ...event };
    },
    signal,
    subscribe,
  });
}
