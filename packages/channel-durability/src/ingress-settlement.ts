// Ends of a row's life: done, given back, put aside, deleted. A plain id may only touch a row nobody works on; a
// claim may only touch the row while its token is the valid one, so a worker that lost its row changes nothing.

import type { SQLInputValue } from "node:sqlite";
import type {
  ChannelIngressQueue,
  ChannelIngressQueueClaimRef,
} from "openclaw/plugin-sdk/channel-outbound";
import { ChannelDurabilityError } from "./errors.ts";
import { requireId, type IngressTable } from "./ingress-table.ts";

type Queue<TPayload> = Required<ChannelIngressQueue<TPayload>>;
type Settlement<TPayload> = Pick<
  Queue<TPayload>,
  "refreshClaim" | "complete" | "release" | "fail" | "delete"
>;
type RowReference = string | { readonly id: string } | ChannelIngressQueueClaimRef;

/** What the host's queue contract does not have: several events that one turn answers. */
export interface ClaimBinding {
  /**
   * Makes claims end together: completing the first completes all of them in one transaction, and their rows remember
   * each other, so that after a crash they can become the same turn again and no other ({@link readBoundIds}).
   * Releasing or failing one of them undoes the first half only.
   *
   * @throws {@link ChannelDurabilityError} `claim_lost` when one of them is no longer held; nothing is bound then.
   */
  bind(claims: readonly ChannelIngressQueueClaimRef[]): void;
  /** Deletes an event that waits, unless it was bound: a turn with it may have begun. */
  withdraw(id: string): boolean;
}

/** The ids a row was bound with, its own included; undefined for a row that no turn has taken. */
export function readBoundIds(metadata: unknown): readonly string[] | undefined {
  if (typeof metadata !== "object" || metadata === null || !("turn" in metadata)) {
    return undefined;
  }
  const { turn } = metadata;
  return Array.isArray(turn) && turn.every((id) => typeof id === "string") ? turn : undefined;
}

/** The settling half of the host's queue contract, and the binding of claims. */
export function createSettlement<TPayload>(
  table: IngressTable<TPayload>,
): Settlement<TPayload> & ClaimBinding {
  const { rows, store } = table;
  /** By claim token: the claims that end with it. */
  const bound = new Map<string, readonly ChannelIngressQueueClaimRef[]>();
  /** Tokens of rows that were completed with another one, and whose own completion is still to be asked for. */
  const completedTogether = new Set<string>();

  function unbind(reference: RowReference): void {
    for (const { claim } of boundWith(reference) ?? []) {
      bound.delete(claim.token);
      completedTogether.delete(claim.token);
    }
  }

  function boundWith(reference: RowReference): readonly ChannelIngressQueueClaimRef[] | undefined {
    return typeof reference === "object" && "claim" in reference
      ? bound.get(reference.claim.token)
      : undefined;
  }

  function completeRow(reference: RowReference, completedAt: number, metadata: unknown): boolean {
    const idTag = rows.idTag(idFrom(reference));
    const guard = guardOf(reference);
    const updated = store.run(
      `UPDATE ingress SET status = 'completed', settled_at = ?, outcome = ?, payload = NULL, metadata = NULL,
         claim_token = NULL, claim_owner = NULL, claimed_at = NULL, last_attempt_at = NULL, last_error = NULL,
         updated_at = ? WHERE id_tag = ? AND ${guard.condition}`,
      completedAt,
      rows.sealOptional(idTag, "outcome", metadata),
      completedAt,
      idTag,
      ...guard.values,
    );
    return updated > 0;
  }

  /** All or none: a row that somebody else took over since would be answered twice. */
  function completeBound(
    claims: readonly ChannelIngressQueueClaimRef[],
    completedAt: number,
    metadata: unknown,
  ): boolean {
    try {
      store.write(() => {
        for (const claim of claims) {
          if (!completeRow(claim, completedAt, metadata)) throw claimLost();
        }
      });
    } catch (error) {
      if (error instanceof ChannelDurabilityError && error.code === "claim_lost") return false;
      throw error;
    }
    for (const { claim } of claims) {
      bound.delete(claim.token);
      completedTogether.add(claim.token);
    }
    return true;
  }

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

    bind: (claims) => {
      const ids = claims.map(({ id }) => id);
      store.write(() => {
        for (const reference of claims) {
          const idTag = rows.idTag(requireId(reference.id));
          const changed = store.run(
            `UPDATE ingress SET metadata = ? WHERE id_tag = ? AND status = 'claimed' AND claim_token = ?`,
            rows.seal(idTag, "metadata", { turn: ids }),
            idTag,
            reference.claim.token,
          );
          if (changed === 0) throw claimLost();
        }
      });
      for (const { claim } of claims) {
        bound.set(claim.token, claims);
      }
    },

    withdraw: (id) => {
      const removed = store.write(() =>
        store.run(
          "DELETE FROM ingress WHERE id_tag = ? AND status = 'pending' AND metadata IS NULL",
          rows.idTag(requireId(id)),
        ),
      );
      return removed > 0;
    },

    complete: async (reference, options = {}) => {
      const completedAt = options.completedAt ?? store.now();
      if (typeof reference === "object" && "claim" in reference) {
        if (completedTogether.delete(reference.claim.token)) {
          return true;
        }
        const together = bound.get(reference.claim.token);
        if (together !== undefined) {
          const isCompleted = completeBound(together, completedAt, options.metadata);
          completedTogether.delete(reference.claim.token);
          return isCompleted;
        }
      }
      return store.write(() => {
        if (completeRow(reference, completedAt, options.metadata)) {
          return true;
        }
        if (typeof reference !== "string") {
          return false;
        }
        // Completing an unknown id seeds a tombstone: the event is a duplicate when it arrives.
        const id = idFrom(reference);
        const idTag = rows.idTag(id);
        const seeded = store.run(
          `INSERT INTO ingress (id_tag, status, head, received_at, updated_at, settled_at, outcome)
           VALUES (?, 'completed', ?, ?, ?, ?, ?) ON CONFLICT (id_tag) DO NOTHING`,
          idTag,
          rows.sealHead(idTag, { id, laneKey: undefined }),
          completedAt,
          completedAt,
          completedAt,
          rows.sealOptional(idTag, "outcome", options.metadata),
        );
        return seeded > 0;
      });
    },

    release: async (reference, options = {}) => {
      unbind(reference);
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
      unbind(reference);
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

function claimLost(): ChannelDurabilityError {
  return new ChannelDurabilityError("claim_lost", "ingress: a claim was taken over meanwhile");
}

function guardOf(reference: RowReference): { condition: string; values: SQLInputValue[] } {
  return typeof reference === "object" && "claim" in reference
    ? { condition: "status = 'claimed' AND claim_token = ?", values: [reference.claim.token] }
    : { condition: "status = 'pending'", values: [] };
}

function idFrom(reference: RowReference): string {
  return requireId(typeof reference === "string" ? reference : reference.id);
}
