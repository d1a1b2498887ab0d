// Deletion that a person asked for: what they wrote, and what was to be written to them, leaves the file. Ids stay as
// tombstones, since an event whose id were forgotten would count as new when the transport offers it again.
import type { DurableStore } from "./store.ts";

/** A conversation as queue and outbox name it. */
export interface ErasedConversation {
  readonly laneKey: string;
  readonly target: string;
}

/** From `sinceMs` to before `beforeMs`, in milliseconds since 1970. */
export interface ErasedSpan {
  readonly sinceMs: number;
  readonly beforeMs: number;
}

/**
 * Deletes contents from queue, dead letters and outbox of one account. Answers say how many rows lost theirs. A message
 * of ours that is on its way is withdrawn if it has not reached the transport.
 */
export interface Erasure {
  /** One inbound event, waiting or dead. One that the agent is reading now is the host's already: 0. */
  eraseEvent(eventId: string): number;
  /**
   * What waits or died of a conversation, in both directions.
   *
   * @param span - Only what came in this time, by the clock of the store; default: all of it, and that messages to it ever
   * left is forgotten as well.
   */
  eraseConversation(conversation: ErasedConversation, span?: ErasedSpan): number;
}

const ERASE = `UPDATE ingress SET status = 'completed', payload = NULL, metadata = NULL, last_error = NULL, outcome = NULL,
  updated_at = ?1, settled_at = ?1 WHERE status IN ('pending', 'failed')`;

export function openErasure(store: DurableStore): Erasure {
  const { sealer } = store;
  return {
    eraseEvent: (eventId) =>
      store.write(() =>
        store.run(
          `${ERASE} AND id_tag = ?2`,
          store.now(),
          sealer.tag("ingress id", eventId.trim()),
        ),
      ),
    eraseConversation: ({ laneKey, target }, span) => {
      const laneTag = sealer.tag("ingress lane", laneKey);
      const targetTag = sealer.tag("outbox target", target);
      return store.write(() => {
        if (span === undefined) {
          const events = store.run(`${ERASE} AND lane_tag = ?2`, store.now(), laneTag);
          return events + store.run("DELETE FROM outbox WHERE target_tag = ?", targetTag);
        }
        const events = store.run(
          `${ERASE} AND lane_tag = ?2 AND received_at >= ?3 AND received_at < ?4`,
          store.now(),
          laneTag,
          span.sinceMs,
          span.beforeMs,
        );
        // A message that left has no body here any more; its row answers replays.
        const unsent = store.run(
          "DELETE FROM outbox WHERE target_tag = ? AND sent_at IS NULL AND created_at >= ? AND created_at < ?",
          targetTag,
          span.sinceMs,
          span.beforeMs,
        );
        return events + unsent;
      });
    },
  };
}
