import type { ChannelIngressQueueRecord } from "openclaw/plugin-sdk/channel-outbound";
import { ChannelDurabilityError } from "./errors.ts";
import {
  INGRESS_COLUMNS,
  IngressRowCodec,
  LISTED_COLUMNS,
  type QueueIdentity,
  type TryParsePayload,
} from "./ingress-rows.ts";
import { readText, type Row } from "./rows.ts";
import type { DurableStore } from "./store.ts";

/** The look-ups that all parts of the queue share. Callers of a writing method hold the transaction. */
export class IngressTable<TPayload> {
  readonly store: DurableStore;
  readonly rows: IngressRowCodec<TPayload>;

  constructor(
    store: DurableStore,
    identity: QueueIdentity,
    tryParsePayload: TryParsePayload<TPayload>,
  ) {
    this.store = store;
    this.rows = new IngressRowCodec(store.sealer, identity, tryParsePayload);
  }

  find(idTag: string): Row | undefined {
    return this.store.get(`SELECT ${INGRESS_COLUMNS} FROM ingress WHERE id_tag = ?`, idTag);
  }

  /** A row that was written or found in the same transaction. */
  require(idTag: string): Row {
    const row = this.find(idTag);
    if (row === undefined) {
      throw new ChannelDurabilityError("corrupt_row", "ingress: a row just written is missing");
    }
    return row;
  }

  requireRecord(idTag: string): ChannelIngressQueueRecord<TPayload> {
    const record = this.rows.tryRecord(this.require(idTag));
    if (record === undefined) {
      throw new ChannelDurabilityError("corrupt_row", "ingress: a row just written does not open");
    }
    return record;
  }

  /** What a row holds now, or `undefined` when it is gone or does not open. */
  tryPayload(idTag: string): TPayload | undefined {
    const row = this.store.get("SELECT id_tag, payload FROM ingress WHERE id_tag = ?", idTag);
    return row === undefined ? undefined : this.rows.tryPayload(row);
  }

  /**
   * The record of a row that was read without its contents; these are opened when somebody asks for them.
   * `undefined` when the row's id does not open.
   */
  tryListed(row: Row): ChannelIngressQueueRecord<TPayload> | undefined {
    const idTag = readText(row, "id_tag");
    return this.rows.tryListed(row, () => {
      const payload = this.tryPayload(idTag);
      if (payload === undefined) {
        throw new ChannelDurabilityError("corrupt_row", "ingress: a listed row does not open");
      }
      return payload;
    });
  }

  /** Pending rows without their contents, oldest first or by id. Ids are sealed, so ordering by them happens here. */
  pendingRows(
    orderBy: "received" | "id" | undefined,
    candidateTags?: readonly string[],
  ): readonly Row[] {
    const rows =
      candidateTags === undefined
        ? this.store.all(
            `SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'pending' ORDER BY received_at, seq`,
          )
        : this.store.all(
            `SELECT ${LISTED_COLUMNS} FROM ingress WHERE status = 'pending'
               AND id_tag IN (SELECT value FROM json_each(?)) ORDER BY received_at, seq`,
            JSON.stringify(candidateTags),
          );
    if (orderBy !== "id") {
      return rows;
    }
    return rows
      .map((row) => ({ row, id: this.rows.idOf(row) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))
      .map(({ row }) => row);
  }

  /** Puts a pending row aside that does not open; what is left of it cannot be resubmitted. */
  failCorrupt(idTag: string, failedAt: number): void {
    this.store.run(
      `UPDATE ingress SET status = 'failed', settled_at = ?, outcome = ?, last_error = NULL, payload = NULL,
         metadata = NULL, updated_at = ? WHERE id_tag = ? AND status = 'pending'`,
      failedAt,
      this.rows.seal(idTag, "outcome", "corrupt_payload"),
      failedAt,
      idTag,
    );
  }
}

/** The trimmed id, as the host compares ids. @throws {@link ChannelDurabilityError} `invalid_id` when nothing is left */
export function requireId(id: string): string {
  const wanted = id.trim();
  if (wanted === "") {
    throw new ChannelDurabilityError("invalid_id", "ingress: an event id cannot be empty");
  }
  return wanted;
}
