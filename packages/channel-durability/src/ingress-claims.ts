// Choosing and claiming pending rows, each in one transaction, so that two drains never get the same row.

import { randomUUID } from "node:crypto";
import type {
  ChannelIngressQueue,
  ChannelIngressQueueClaim,
  ChannelIngressQueueRecord,
} from "openclaw/plugin-sdk/channel-outbound";
import { LISTED_COLUMNS, readStatus } from "./ingress-rows.ts";
import { requireId, type IngressTable } from "./ingress-table.ts";
import { readText, type Row } from "./rows.ts";

/** The host's default for one scan. */
const DEFAULT_SCAN_LIMIT = 100;
/** A damaged file must not turn one claim into a scan of everything: the rest is handled by the next claim. */
const MAX_CORRUPT_ROWS_PER_CLAIM = 100;

type ClaimNextOptions<TPayload> = NonNullable<
  Parameters<ChannelIngressQueue<TPayload>["claimNext"]>[0]
>;

interface Chosen {
  readonly idTag: string;
  readonly id: string;
  readonly laneKey: string | undefined;
}

/** Claims the first pending row that is a candidate and whose lane is free; `null` when there is none. */
export function claimNext<TPayload>(
  table: IngressTable<TPayload>,
  options: ClaimNextOptions<TPayload>,
): ChannelIngressQueueClaim<TPayload> | null {
  const candidates = options.candidateIds === undefined ? undefined : trimmed(options.candidateIds);
  if (candidates?.length === 0) {
    return null;
  }
  const candidateTags = candidates?.map((id) => table.rows.idTag(id));
  return table.store.write(() => {
    const blocked = blockedLanes(table, options, candidateTags);
    const chosen = chooseFirst(table, options, candidateTags, blocked);
    return chosen === undefined ? null : claimRow(table, chosen, options.ownerId);
  });
}

/** Claims one row by id if it is pending, whatever its lane; `null` otherwise. */
export function claimOne<TPayload>(
  table: IngressTable<TPayload>,
  rawId: string,
  ownerId: string | undefined,
): ChannelIngressQueueClaim<TPayload> | null {
  const id = requireId(rawId);
  const idTag = table.rows.idTag(id);
  return table.store.write(() => {
    const row = table.find(idTag);
    if (row === undefined || readStatus(row) !== "pending") {
      return null;
    }
    const record = table.rows.tryRecord(row);
    if (record === undefined) {
      table.failCorrupt(idTag, table.store.now());
      return null;
    }
    return claimRow(table, { idTag, id: record.id, laneKey: record.laneKey }, ownerId);
  });
}

// With candidates (the drain's way) only claims among them block: the drain names all other held lanes itself, and
// leaves out those whose deferred turn has given its lane back, so that a burst can join that turn.
function blockedLanes<TPayload>(
  table: IngressTable<TPayload>,
  options: ClaimNextOptions<TPayload>,
  candidateTags: readonly string[] | undefined,
): ReadonlySet<string> {
  const claimed =
    candidateTags === undefined
      ? table.store.all(`SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'claimed'`)
      : table.store.all(
          `SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'claimed'
             AND id_tag IN (SELECT value FROM json_each(?))`,
          JSON.stringify(candidateTags),
        );
  const held = claimed.map((row) => {
    const record = tryJudged(table, row, options);
    return record === undefined ? table.rows.laneOf(row) : resolveLane(record, options);
  });
  return new Set(
    [...trimmed(options.blockedLaneKeys ?? []), ...held].filter((lane) => lane !== undefined),
  );
}

function chooseFirst<TPayload>(
  table: IngressTable<TPayload>,
  options: ClaimNextOptions<TPayload>,
  candidateTags: readonly string[] | undefined,
  blocked: ReadonlySet<string>,
): Chosen | undefined {
  const scanLimit = Math.max(1, Math.floor(options.scanLimit ?? DEFAULT_SCAN_LIMIT));
  let scanned = 0;
  let corrupt = 0;
  for (const row of table.pendingRows(options.orderBy, candidateTags)) {
    const idTag = readText(row, "id_tag");
    const record = tryJudged(table, row, options);
    const laneKey = record && resolveLane(record, options);
    if (record !== undefined && laneKey !== undefined && blocked.has(laneKey)) {
      // A stored lane is skipped for free, as the host's query does; a derived one had to be worked out.
      scanned += options.deriveLaneKey === undefined ? 0 : 1;
      if (scanned >= scanLimit) {
        return undefined;
      }
      continue;
    }
    if (record !== undefined && table.tryPayload(idTag) !== undefined) {
      return { idTag, id: record.id, laneKey };
    }
    if (corrupt < MAX_CORRUPT_ROWS_PER_CLAIM) {
      table.failCorrupt(idTag, table.store.now());
      corrupt += 1;
    }
  }
  return undefined;
}

/** The record that the drain may ask for a lane: only one that it judges needs to be opened for that. */
function tryJudged<TPayload>(
  table: IngressTable<TPayload>,
  row: Row,
  options: ClaimNextOptions<TPayload>,
): ChannelIngressQueueRecord<TPayload> | undefined {
  if (options.deriveLaneKey === undefined) return table.tryListed(row);
  const whole = table.find(readText(row, "id_tag"));
  return whole && table.rows.tryRecord(whole);
}

function claimRow<TPayload>(
  table: IngressTable<TPayload>,
  chosen: Chosen,
  ownerId: string | undefined,
): ChannelIngressQueueClaim<TPayload> | null {
  const claimedAt = table.store.now();
  const owner = ownerId?.trim() ?? "";
  table.store.run(
    `UPDATE ingress SET status = 'claimed', claim_token = ?, claim_owner = ?, claimed_at = ?, updated_at = ?,
       lane_tag = ?, head = ? WHERE id_tag = ? AND status = 'pending'`,
    randomUUID(),
    // Kept as given: the drain reads process id, start time and instance out of it to see whether an owner lives.
    owner === "" ? `${process.pid}` : owner,
    claimedAt,
    claimedAt,
    table.rows.laneTag(chosen.laneKey),
    table.rows.sealHead(chosen.idTag, chosen),
    chosen.idTag,
  );
  return table.rows.tryClaim(table.require(chosen.idTag)) ?? null;
}

/** The lane a row counts for: its stored one, unless the drain may correct it. */
function resolveLane<TPayload>(
  record: ChannelIngressQueueRecord<TPayload>,
  options: ClaimNextOptions<TPayload>,
): string | undefined {
  const stored = record.laneKey;
  if (stored === undefined) {
    return options.deriveLaneKey?.(record);
  }
  const derived = options.reconcileStoredLaneKey && options.deriveLaneKey?.(record);
  if (derived === undefined || derived === "" || derived === stored) {
    return stored;
  }
  return options.reconcileStoredLaneKey?.(record, stored, derived) === true ? derived : stored;
}

function trimmed(values: Iterable<string>): string[] {
  return [...values].map((value) => value.trim()).filter((value) => value !== "");
}
