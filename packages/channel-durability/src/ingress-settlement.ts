// Ends of a row's life: done, given back, put aside, deleted. A plain id may only touch a row nobody works on; a
// claim may only touch the row while its token is the valid one, so a worker that lost its row changes nothing.

import type { SQLInputValue } from "node:sqlite";
import type {
  ChannelIngressQueue,
  ChannelIngressQueueClaimRef,
} from "openclaw/plugin-sdk/channel-outbound";
import { requireId, type IngressTable } from "./ingress-table.ts";

type Queue<TPayload> = Required<ChannelIngressQueue<TPayload>>;
type Settlement<TPayload> = Pick<
  Queue<TPayload>,
  "refreshClaim" | "complete" | "release" | "fail" | "delete"
>;
type RowReference = string | { readonly id: string } | ChannelIngressQueueClaimRef;

/** The settling half of the host's queue contract. */
export function createSettlement<TPayload>(table: IngressTable<TPayload>): Settlement<TPayload> {
  const { rows, store } = table;

  function update(
    reference: RowReference,
    assignments: string,
    values: readonly SQLInputValue[],
  ): boolean {
    const guard = guardOf(reference);
    const changed = store.write(() =>
      store.run(
        `UPDATE ingress SET ${assignments} WHERE id_tag = ? AND ${guard.condition}`,
        ...values,
        rows.idTag(idFrom(reference)),
        ...guard.values,
      ),
    );
    return changed > 0;
  }

  return {
    refreshClaim: async (claim, options = {}) => {
      const refreshedAt = options.refreshedAt ?? store.now();
      return update(claim, "claimed_at = ?, updated_at = ?", [refreshedAt, refreshedAt]);
    },

    complete: async (reference, options = {}) => {
      const id = idFrom(reference);
      const idTag = rows.idTag(id);
      const completedAt = options.completedAt ?? store.now();
      const outcome = rows.sealOptional(idTag, "outcome", options.metadata);
      const guard = guardOf(reference);
      return store.write(() => {
        const updated = store.run(
          `UPDATE ingress SET status = 'completed', settled_at = ?, outcome = ?, payload = NULL, metadata = NULL,
             claim_token = NULL, claim_owner = NULL, claimed_at = NULL, last_attempt_at = NULL, last_error = NULL,
             updated_at = ? WHERE id_tag = ? AND ${guard.condition}`,
          completedAt,
          outcome,
          completedAt,
          idTag,
          ...guard.values,
        );
        if (updated > 0 || typeof reference !== "string") {
          return updated > 0;
        }
        // Completing an unknown id seeds a tombstone: the event is a duplicate when it arrives.
        const seeded = store.run(
          `INSERT INTO ingress (id_tag, status, head, received_at, updated_at, settled_at, outcome)
           VALUES (?, 'completed', ?, ?, ?, ?, ?) ON CONFLICT (id_tag) DO NOTHING`,
          idTag,
          rows.sealHead(idTag, { id, laneKey: undefined }),
          completedAt,
          completedAt,
          completedAt,
          outcome,
        );
        return seeded > 0;
      });
    },

    release: async (reference, options = {}) => {
      const releasedAt = options.releasedAt ?? store.now();
      const assignments = [
        "status = 'pending', claim_token = NULL, claim_owner = NULL, claimed_at = NULL, updated_at = ?",
      ];
      const values: SQLInputValue[] = [releasedAt];
      if (options.recordAttempt !== false) {
        assignments.push("attempts = attempts + 1, last_attempt_at = ?");
        values.push(releasedAt);
      }
      // Without a new error the old one stays: the host delays a retry only when an error is on record.
      if (options.lastError !== undefined) {
        assignments.push("last_error = ?");
        values.push(rows.seal(rows.idTag(idFrom(reference)), "last_error", options.lastError));
      }
      return update(reference, assignments.join(", "), values);
    },

    fail: async (reference, options) => {
      const idTag = rows.idTag(idFrom(reference));
      const failedAt = options.failedAt ?? store.now();
      return update(
        reference,
        `status = 'failed', settled_at = ?, outcome = ?, last_error = ?, claim_token = NULL, claim_owner = NULL,
         claimed_at = NULL, updated_at = ?`,
        [
          failedAt,
          rows.seal(idTag, "outcome", options.reason),
          rows.sealOptional(idTag, "last_error", options.message),
          failedAt,
        ],
      );
    },

    delete: async (reference) => {
      const guard = guardOf(reference);
      const removed = store.write(() =>
        store.run(
          `DELETE FROM ingress WHERE id_tag = ? AND ${guard.condition}`,
          rows.idTag(idFrom(reference)),
          ...guard.values,
        ),
      );
      return removed > 0;
    },
  };
}

function guardOf(reference: RowReference): { condition: string; values: SQLInputValue[] } {
  return typeof reference === "object" && "claim" in reference
    ? { condition: "status = 'claimed' AND claim_token = ?", values: [reference.claim.token] }
    : { condition: "status = 'pending'", values: [] };
}

function idFrom(reference: RowReference): string {
  return requireId(typeof reference === "string" ? reference : reference.id);
}
