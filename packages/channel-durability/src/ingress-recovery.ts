import type {
  ChannelIngressQueue,
  ChannelIngressQueueCorruptClaim,
} from "openclaw/plugin-sdk/channel-outbound";
import { LISTED_COLUMNS, tryClaimColumns, type ClaimColumns } from "./ingress-rows.ts";
import type { IngressTable } from "./ingress-table.ts";
import { readOptionalText, readText, type Row } from "./rows.ts";
import type { DurableStore } from "./store.ts";

type RecoverOptions<TPayload> = NonNullable<
  Parameters<ChannelIngressQueue<TPayload>["recoverStaleClaims"]>[0]
>;

/**
 * Gives rows of dead owners back to the queue and puts aside claimed rows that do not open.
 *
 * Whether an owner lives is the caller's question (`shouldRecover`); it may wait for the answer, so the row is
 * released only if its claim is still the one that was judged.
 *
 * @returns How many rows left the claimed state.
 */
export async function recoverStaleClaims<TPayload>(
  table: IngressTable<TPayload>,
  options: RecoverOptions<TPayload>,
): Promise<number> {
  const { store } = table;
  const now = options.now ?? store.now();
  const cutoff = now - Math.max(0, Math.floor(options.staleMs ?? 0));
  const stale = store.all(
    `SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'claimed' AND
       (claimed_at IS NULL OR claim_token IS NULL OR claim_owner IS NULL OR claimed_at <= ?1 OR claimed_at > ?2)
       ORDER BY claimed_at, seq`,
    cutoff,
    // Claimed before a clock that was ahead was set right: nobody is to wait until it is that late again.
    now,
  );
  let recovered = 0;
  // One after the other: the answers may depend on each other, and there are as many rows as running turns.
  for (const row of stale) {
    const columns = tryClaimColumns(row);
    const record = table.tryListed(row);
    if (columns !== undefined && record !== undefined) {
      const claim = Object.assign(record, { claim: columns });
      const wanted = (await options.shouldRecover?.(claim)) ?? true;
      if (!wanted) continue;
      // Opened only now: this is asked at every look, and the rows of running turns are not wanted.
      if (table.tryPayload(readText(row, "id_tag")) !== undefined) {
        recovered += release(store, row, columns, cutoff, now);
        continue;
      }
    }
    if (columns === undefined || (await mayRecoverCorrupt(table, row, columns, options))) {
      recovered += putAside(table, row, columns, now);
    }
  }
  return recovered;
}

// A caller that judges claims but has no rule for corrupt ones keeps them: their owner may still be at work.
async function mayRecoverCorrupt<TPayload>(
  { rows }: IngressTable<TPayload>,
  row: Row,
  claim: ClaimColumns,
  options: RecoverOptions<TPayload>,
): Promise<boolean> {
  if (options.shouldRecoverCorrupt === undefined) {
    return options.shouldRecover === undefined;
  }
  const laneKey = rows.laneOf(row);
  const corrupt: ChannelIngressQueueCorruptClaim = {
    ...rows.identity,
    id: rows.idOf(row),
    ...(laneKey === undefined ? {} : { laneKey }),
    reason: "corrupt_payload",
    claim,
  };
  return options.shouldRecoverCorrupt(corrupt);
}

function release(
  store: DurableStore,
  row: Row,
  claim: ClaimColumns,
  cutoff: number,
  now: number,
): number {
  return store.write(() =>
    store.run(
      `UPDATE ingress SET status = 'pending', claim_token = NULL, claim_owner = NULL, claimed_at = NULL,
         attempts = attempts + 1, last_attempt_at = ?, updated_at = ?
       WHERE id_tag = ? AND status = 'claimed' AND claim_token = ? AND (claimed_at <= ? OR claimed_at > ?)`,
      now,
      now,
      readText(row, "id_tag"),
      claim.token,
      cutoff,
      now,
    ),
  );
}

function putAside<TPayload>(
  { rows, store }: IngressTable<TPayload>,
  row: Row,
  claim: ClaimColumns | undefined,
  now: number,
): number {
  const idTag = readText(row, "id_tag");
  // An incomplete claim says nothing about the payload, which stays for the operator.
  const [reason, dropped] =
    claim === undefined
      ? ["corrupt_claim", ""]
      : ["corrupt_payload", "payload = NULL, metadata = NULL,"];
  return store.write(() =>
    store.run(
      `UPDATE ingress SET status = 'failed', settled_at = ?, outcome = ?, last_error = NULL, ${dropped}
         claim_token = NULL, claim_owner = NULL, claimed_at = NULL, updated_at = ?
       WHERE id_tag = ? AND status = 'claimed' AND claim_token IS ?`,
      now,
      rows.seal(idTag, "outcome", reason),
      now,
      idTag,
      readOptionalText(row, "claim_token") ?? null,
    ),
  );
}
