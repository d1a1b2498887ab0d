import { setImmediate as nextTurn } from "node:timers/promises";
import type { ChannelIngressQueue } from "openclaw/plugin-sdk/channel-outbound";
import { ChannelDurabilityError } from "./errors.ts";
import { claimNext, claimOne } from "./ingress-claims.ts";
import { recoverStaleClaims } from "./ingress-recovery.ts";
import { pruneIngress } from "./ingress-retention.ts";
import { createOffer, type IngressOffer } from "./ingress-offer.ts";
import {
  INGRESS_COLUMNS,
  LISTED_COLUMNS,
  readStatus,
  tryClaimColumns,
  type TryParsePayload,
} from "./ingress-rows.ts";
import { createSettlement, type ClaimBinding } from "./ingress-settlement.ts";
import { IngressTable, requireId } from "./ingress-table.ts";
import { readText, type Row } from "./rows.ts";
import type { DurableStore } from "./store.ts";

/** The host's default for list limits. */
const DEFAULT_LIMIT = 100;

/**
 * The host's queue type with the methods it declares optional, what several events of one turn need, and a look at the
 * pending rows that does not open them.
 */
export type IngressQueue<TPayload> = Required<ChannelIngressQueue<TPayload>> &
  ClaimBinding &
  IngressOffer<TPayload>;

type EnqueueResult<TPayload> = Awaited<ReturnType<IngressQueue<TPayload>["enqueue"]>>;

export interface IngressQueueOptions<TPayload> {
  readonly store: DurableStore;
  readonly channelId: string;
  readonly accountId: string;
  /** Checks a payload read back; a row for which it gives `undefined` counts as corrupt. */
  readonly tryParsePayload: TryParsePayload<TPayload>;
}

/**
 * The durable inbound queue of one account, for `createChannelIngressMonitor` of the host.
 *
 * The host keeps its own queue to plugins it ships, and accepts any object of this type. The meaning of each method
 * is the host's, with two differences: rows of one millisecond keep the order of their arrival instead of their
 * ids, and a claim without candidates leaves out every lane that has a claimed row. A method resolves only after
 * its transaction reached the disk. The drain looks at all rows each second, so records of `listClaims` and of a
 * look ({@link IngressOffer}) open their payload when it is read. Payloads, ids, lanes and error texts are sealed; ids and lanes are found by
 * their HMAC tags. The queue ends with its store (`closed`).
 *
 * SQLite works on the calling thread. Taking in an event and claiming one, which callers do in loops, therefore let
 * the event loop turn once each: a backlog must not hold up the rest of the gateway.
 */
export function openIngressQueue<TPayload>(
  options: IngressQueueOptions<TPayload>,
): IngressQueue<TPayload> {
  const { store } = options;
  const identity = {
    channelId: options.channelId,
    accountId: options.accountId,
    queueName: JSON.stringify([options.channelId, options.accountId]),
  };
  const table = new IngressTable(store, identity, options.tryParsePayload);
  const { rows } = table;
  return {
    ...createSettlement(table),
    ...createOffer(table),

    enqueue: async (rawId, payload, enqueueOptions = {}) => {
      const id = requireId(rawId);
      const idTag = rows.idTag(id);
      const now = store.now();
      const result = store.write<EnqueueResult<TPayload>>(() => {
        // Looked up first: a repeated event then costs no disk write.
        const known = table.find(idTag);
        if (known !== undefined) {
          return describeDuplicate(table, known);
        }
        const laneTag = rows.laneTag(enqueueOptions.laneKey);
        store.run(
          // Never before what waits in its lane: a clock that was set back must not turn the order of messages round.
          `INSERT INTO ingress (id_tag, lane_tag, status, head, payload, metadata, received_at, updated_at)
           VALUES (?1, ?2, 'pending', ?3, ?4, ?5,
             coalesce((SELECT max(received_at) FROM ingress INDEXED BY ingress_order
               WHERE status = 'pending' AND received_at > ?6 AND lane_tag = ?2), ?6), ?7)`,
          idTag,
          laneTag,
          rows.sealHead(idTag, { id, laneKey: enqueueOptions.laneKey }),
          rows.seal(idTag, "payload", payload),
          rows.sealOptional(idTag, "metadata", enqueueOptions.metadata),
          enqueueOptions.receivedAt ?? now,
          now,
        );
        return { kind: "accepted", duplicate: false, record: table.requireRecord(idTag) };
      });
      await nextTurn();
      return result;
    },

    listPending: async (listOptions = {}) =>
      table
        .pendingRows(listOptions.orderBy)
        .map((row) => table.find(readText(row, "id_tag")))
        .map((row) => row && rows.tryRecord(row))
        .filter((record) => record !== undefined)
        .slice(0, readLimit(listOptions.limit)),

    listClaims: async () =>
      store
        .all(
          `SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'claimed' ORDER BY claimed_at, received_at, seq`,
        )
        .flatMap((row) => {
          const record = table.tryListed(row);
          const claim = tryClaimColumns(row);
          return record === undefined || claim === undefined
            ? []
            : [Object.assign(record, { claim })];
        }),

    listFailed: async (listOptions = {}) =>
      store
        .all(
          `SELECT ${INGRESS_COLUMNS} FROM ingress WHERE status = 'failed' ORDER BY settled_at, seq LIMIT ?`,
          readLimit(listOptions.limit),
        )
        .map((row) => rows.deadLetter(row)),

    claimNext: async (claimOptions = {}) => {
      if (claimOptions.staleMs !== undefined) {
        await recoverStaleClaims(table, { staleMs: claimOptions.staleMs });
      }
      const claim = claimNext(table, claimOptions);
      await nextTurn();
      return claim;
    },

    claim: async (id, claimOptions = {}) => claimOne(table, id, claimOptions.ownerId),

    resubmit: async (rawId, resubmitOptions = {}) => {
      const idTag = rows.idTag(requireId(rawId));
      const now = resubmitOptions.resubmittedAt ?? store.now();
      return store.write(() => {
        const row = table.find(idTag);
        if (row === undefined) {
          return { kind: "not-found" };
        }
        const status = readStatus(row);
        if (status === "completed") {
          return { kind: "completed", record: rows.completed(row) };
        }
        if (status !== "failed") {
          return { kind: "active", status };
        }
        const previous = rows.deadLetter(row);
        if (rows.tryRecord(row) === undefined) {
          return { kind: "unrecoverable", record: previous };
        }
        store.run(
          `UPDATE ingress SET status = 'pending', received_at = ?, updated_at = ?, attempts = 0,
             last_attempt_at = NULL, last_error = NULL, settled_at = NULL, outcome = NULL WHERE id_tag = ?`,
          now,
          now,
          idTag,
        );
        return { kind: "resubmitted", record: table.requireRecord(idTag), previous };
      });
    },

    recoverStaleClaims: async (recoverOptions = {}) => recoverStaleClaims(table, recoverOptions),

    prune: async (pruneOptions = {}) => pruneIngress(store, pruneOptions, (id) => rows.idTag(id)),
  };
}

function describeDuplicate<TPayload>(
  table: IngressTable<TPayload>,
  row: Row,
): EnqueueResult<TPayload> {
  const status = readStatus(row);
  if (status === "completed") {
    return { kind: "completed", duplicate: true, record: table.rows.completed(row) };
  }
  if (status === "claimed") {
    const record = table.rows.tryClaim(row);
    if (record === undefined) {
      throw new ChannelDurabilityError("corrupt_row", "ingress: a claimed row does not open");
    }
    return { kind: "claimed", duplicate: true, record };
  }
  const record = status === "pending" ? table.rows.tryRecord(row) : undefined;
  if (record !== undefined) {
    return { kind: "pending", duplicate: true, record };
  }
  const idTag = readText(row, "id_tag");
  table.failCorrupt(idTag, table.store.now());
  return { kind: "failed", duplicate: true, record: table.rows.deadLetter(table.require(idTag)) };
}

function readLimit(limit: number | "all" | undefined): number {
  return limit === "all"
    ? Number.MAX_SAFE_INTEGER
    : Math.max(1, Math.floor(limit ?? DEFAULT_LIMIT));
}
