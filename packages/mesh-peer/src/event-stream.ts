import { once } from "node:events";
import type { Writable } from "node:stream";
import type { MeshEvent } from "mesh-sdk";

/** Proxies and clients take a quiet connection for a dead one. */
const HEARTBEAT_MS = 15_000;

/** Which events a listener wants. */
export interface EventFilter {
  /** Later than this one; 0 for all. */
  readonly afterId: number;
  readonly channelId: string | undefined;
}

/** An event as the API shows it: times in ISO 8601, nothing undefined. */
function toPublicEvent(event: MeshEvent): Record<string, unknown> {
  return {
    id: event.id,
    kind: event.kind,
    channel: event.channelId,
    from: event.senderId,
    verified: event.verified,
    messageId: event.messageId,
    body: event.body,
    payload: event.payload ?? null,
    replyTo: event.replyTo ?? null,
    sealed: event.sealed,
    sentAt: new Date(event.sentAtMs).toISOString(),
    receivedAt: new Date(event.receivedAtMs).toISOString(),
  };
}

/**
 * Writes events as server-sent events until the signal aborts. Reads no faster than the listener does: what waits, waits on
 * disk.
 */
export async function writeEvents(
  out: Writable,
  events: AsyncIterable<MeshEvent>,
  filter: EventFilter,
  signal: AbortSignal,
): Promise<void> {
  out.write(": listening\n\n");
  const heartbeat = setInterval(() => {
    if (!out.writableNeedDrain) out.write(":\n\n");
  }, HEARTBEAT_MS);
  try {
    for await (const event of events) {
      if (signal.aborted) return;
      if (!isWanted(event, filter)) continue;
      const data = JSON.stringify(toPublicEvent(event));
      if (!out.write(`id: ${event.id}\nevent: message\ndata: ${data}\n\n`)) {
        await once(out, "drain", { signal });
      }
    }
  } catch (error) {
    // The listener has gone, or the peer stops: that is how every stream ends.
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

function isWanted(event: MeshEvent, filter: EventFilter): boolean {
  if (event.id <= filter.afterId) return false;
  return filter.channelId === undefined || event.channelId === filter.channelId;
}
