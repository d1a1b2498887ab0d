import type { IngressQueue } from "./ingress-queue.ts";
import { readInteger, readOptionalInteger } from "./rows.ts";
import type { DurableStore } from "./store.ts";

/** What an account owes and is owed, for a status line. Times are wall clock in ms. */
export interface DurabilityCounts {
  /** Inbound events waiting for their turn. */
  readonly pending: number;
  /** Inbound events being worked on, not yet adopted by the host. */
  readonly claimed: number;
  /** Dead letters: inbound events given up, kept for the operator. */
  readonly failed: number;
  readonly oldestPendingAtMs: number | undefined;
  /** Replies stored and not known to have left. */
  readonly unsent: number;
  readonly oldestUnsentAtMs: number | undefined;
}

/** How much waits in the queue. */
export interface WaitingLoad {
  readonly rows: number;
  /** Sealed contents, as they lie on the disk. */
  readonly bytes: number;
}

/** A dead letter without its contents. */
export interface DeadLetterSummary {
  readonly id: string;
  readonly laneKey: string | undefined;
  /** Who sent it, as the plugin reads it out of the event; undefined when the event is gone or does not parse. */
  readonly sender: string | undefined;
  readonly receivedAtMs: number;
  readonly failedAtMs: number;
  readonly attempts: number;
  readonly reason: string;
  readonly message: string | undefined;
}

export type ResubmitOutcome =
  | "resubmitted"
  | "not-found"
  | "completed"
  | "active"
  | "unrecoverable";

/** What the plugin's own status and command show: the host's dead-letter command reads only the host's queues. */
export interface OperatorView {
  counts(): DurabilityCounts;
  /** Inbound events waiting for their turn, in all or of one lane; cheap enough to ask before each. */
  countPending(laneKey?: string): WaitingLoad;
  /** Whether an event with this id came in during the last month, whatever became of it. */
  hasEvent(id: string): boolean;
  /** Dead letters, oldest first; 100 unless told otherwise. */
  listDeadLetters(limit?: number | "all"): Promise<readonly DeadLetterSummary[]>;
  /** Puts a dead letter back into the queue. A running monitor takes it up at its next poll. */
  resubmitDeadLetter(id: string): Promise<ResubmitOutcome>;
}

export function createOperatorView(options: {
  readonly store: DurableStore;
  readonly queue: Pick<IngressQueue<unknown>, "listFailed" | "resubmit">;
  /** Lanes are no names: the plugin knows where its events say who sent them. */
  readonly readSender?: (payload: unknown) => string | undefined;
}): OperatorView {
  const { queue, readSender, store } = options;
  return {
    counts: () => {
      const inbound = new Map(
        store
          .all(
            "SELECT status, count(*) AS n, min(received_at) AS oldest FROM ingress GROUP BY status",
          )
          .map((row) => [row["status"], row]),
      );
      const countOf = (status: string): number => {
        const row = inbound.get(status);
        return row === undefined ? 0 : readInteger(row, "n");
      };
      const pending = inbound.get("pending");
      const unsent = store.get(
        "SELECT count(*) AS n, min(created_at) AS oldest FROM outbox WHERE sent_at IS NULL",
      );
      return {
        pending: countOf("pending"),
        claimed: countOf("claimed"),
        failed: countOf("failed"),
        oldestPendingAtMs: pending && readOptionalInteger(pending, "oldest"),
        unsent: unsent === undefined ? 0 : readInteger(unsent, "n"),
        oldestUnsentAtMs: unsent && readOptionalInteger(unsent, "oldest"),
      };
    },
    countPending: (laneKey) => {
      const pending = `SELECT count(*) AS n, coalesce(sum(length(payload)), 0) AS bytes
        FROM ingress INDEXED BY ingress_waiting WHERE status = 'pending'`;
      const row =
        laneKey === undefined
          ? store.get(pending)
          : store.get(`${pending} AND lane_tag = ?`, store.sealer.tag("ingress lane", laneKey));
      return row === undefined
        ? { rows: 0, bytes: 0 }
        : { rows: readInteger(row, "n"), bytes: readInteger(row, "bytes") };
    },
    hasEvent: (id) =>
      store.get("SELECT 1 FROM ingress WHERE id_tag = ?", store.sealer.tag("ingress id", id)) !==
      undefined,
    listDeadLetters: async (limit = 100) => {
      const letters = await queue.listFailed({ limit });
      return letters.map((letter) => ({
        id: letter.id,
        laneKey: letter.laneKey,
        sender: letter.payload === undefined ? undefined : readSender?.(letter.payload),
        receivedAtMs: letter.receivedAt,
        failedAtMs: letter.failedAt,
        attempts: letter.attempts,
        reason: letter.reason,
        message: letter.message,
      }));
    },
    resubmitDeadLetter: async (id) => (await queue.resubmit(id)).kind,
  };
}
