// The outbox table: one row per message part that the host handed over, found by its queue key.

import { ChannelDurabilityError } from "./errors.ts";
import {
  readBlob,
  readInteger,
  readOptionalBlob,
  readOptionalInteger,
  readText,
  type Row,
} from "./rows.ts";
import type { DurableStore } from "./store.ts";

const COLUMNS = "key_tag, part_index, part_count, head, body, native_id, created_at, sent_at";

/** One part of one reply, as the host identifies it. */
export interface OutboxEntry<TBody> {
  /** `deliveryQueueId` of the host: a UUID, the same on a replay and in a reconciliation. */
  readonly queueId: string;
  /** `deliveryPartIndex` of the host; 0 for the only part. */
  readonly partIndex: number;
  /** `deliveryPartCount` of the host, when known. */
  readonly partCount?: number | undefined;
  /** Conversation the message goes to. Parts for one target keep their order. */
  readonly target: string;
  /** Plain JSON: what the transport needs to build the message again. */
  readonly body: TBody;
}

export interface OutboxRow<TBody> extends OutboxEntry<TBody | undefined> {
  readonly key: string;
  readonly createdAtMs: number;
  /** Id that the transport gave the message. Set = the message left, and its body is gone from the file. */
  readonly nativeId: string | undefined;
}

/** A row whose sealed values do not open, named by its look-up tag. */
export interface UnreadableRow {
  readonly keyTag: string;
  readonly createdAtMs: number;
}

export interface OutboxRows<TBody> {
  readonly rows: readonly OutboxRow<TBody>[];
  readonly unreadable: readonly UnreadableRow[];
}

export function outboxKey(queueId: string, partIndex: number): string {
  if (queueId.trim() === "" || !Number.isSafeInteger(partIndex) || partIndex < 0) {
    throw new ChannelDurabilityError(
      "invalid_id",
      "outbox: a queue id and a part index are required",
    );
  }
  return `${queueId}/${partIndex}`;
}

export class OutboxTable<TBody> {
  readonly #store: DurableStore;
  readonly #parseBody: (value: unknown) => TBody;

  constructor(store: DurableStore, parseBody: (value: unknown) => TBody) {
    this.#store = store;
    this.#parseBody = parseBody;
  }

  /** Commits the entry, or gives the row that is already there: the first body stored under a key counts. */
  insertOrGet(entry: OutboxEntry<TBody>): { row: OutboxRow<TBody>; inserted: boolean } {
    const key = outboxKey(entry.queueId, entry.partIndex);
    const keyTag = this.#keyTag(key);
    return this.#store.write(() => {
      const found = this.#store.get(`SELECT ${COLUMNS} FROM outbox WHERE key_tag = ?`, keyTag);
      const row = found === undefined ? undefined : this.#tryRow(found);
      if (row !== undefined) {
        return { row, inserted: false };
      }
      // A damaged row is worth nothing, and the message id does not depend on it: start over.
      this.#store.run("DELETE FROM outbox WHERE key_tag = ?", keyTag);
      const createdAtMs = this.#store.now();
      this.#store.run(
        `INSERT INTO outbox (key_tag, queue_tag, target_tag, part_index, part_count, head, body, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        keyTag,
        this.#store.sealer.tag("outbox queue", entry.queueId),
        this.#store.sealer.tag("outbox target", entry.target),
        entry.partIndex,
        entry.partCount ?? null,
        this.#seal(keyTag, "head", { queueId: entry.queueId, target: entry.target }),
        this.#seal(keyTag, "body", entry.body),
        createdAtMs,
      );
      return { row: { ...entry, key, createdAtMs, nativeId: undefined }, inserted: true };
    });
  }

  /** Notes that a message left. Its body is dropped: only the id is needed to answer a replay. */
  storeNativeId(key: string, nativeId: string): void {
    const keyTag = this.#keyTag(key);
    this.#store.write(() =>
      this.#store.run(
        "UPDATE outbox SET native_id = ?, sent_at = ?, body = NULL WHERE key_tag = ?",
        this.#seal(keyTag, "native_id", nativeId),
        this.#store.now(),
        keyTag,
      ),
    );
  }

  /** The row of a key; `undefined` also when it does not open. */
  find(key: string): OutboxRow<TBody> | undefined {
    const found = this.#store.get(
      `SELECT ${COLUMNS} FROM outbox WHERE key_tag = ?`,
      this.#keyTag(key),
    );
    return found && this.#tryRow(found);
  }

  isUnsent(key: string): boolean {
    const keyTag = this.#keyTag(key);
    return (
      this.#store.get("SELECT 1 FROM outbox WHERE key_tag = ? AND sent_at IS NULL", keyTag) !==
      undefined
    );
  }

  /** Rows that are not known to have left, oldest first. */
  unsent(): OutboxRows<TBody> {
    return this.#read(`SELECT ${COLUMNS} FROM outbox WHERE sent_at IS NULL ORDER BY seq`);
  }

  /** All parts of one queue entry, in part order. */
  ofQueue(queueId: string): OutboxRows<TBody> {
    return this.#read(
      `SELECT ${COLUMNS} FROM outbox WHERE queue_tag = ? ORDER BY part_index`,
      this.#store.sealer.tag("outbox queue", queueId),
    );
  }

  unsentOfTarget(target: string): OutboxRows<TBody> {
    return this.#read(
      `SELECT ${COLUMNS} FROM outbox WHERE target_tag = ? AND sent_at IS NULL ORDER BY seq`,
      this.#store.sealer.tag("outbox target", target),
    );
  }

  deleteKey(key: string): void {
    this.deleteTag(this.#keyTag(key));
  }

  deleteTag(keyTag: string): void {
    this.#store.write(() => this.#store.run("DELETE FROM outbox WHERE key_tag = ?", keyTag));
  }

  /** Deletes the parts of a queue entry that left. */
  deleteSent(queueId: string): number {
    const queueTag = this.#store.sealer.tag("outbox queue", queueId);
    return this.#store.write(() =>
      this.#store.run("DELETE FROM outbox WHERE queue_tag = ? AND sent_at IS NOT NULL", queueTag),
    );
  }

  /** Deletes sent rows that no replay asks for any more: older than `ttlMs`, or beyond the newest `maxRows`. */
  pruneSent(ttlMs: number, maxRows: number): void {
    this.#store.write(() => {
      this.#store.run("DELETE FROM outbox WHERE sent_at < ?", this.#store.now() - ttlMs);
      this.#store.run(
        `DELETE FROM outbox WHERE seq IN
           (SELECT seq FROM outbox WHERE sent_at IS NOT NULL ORDER BY sent_at DESC, seq DESC LIMIT -1 OFFSET ?)`,
        maxRows,
      );
    });
  }

  #read(sql: string, ...values: readonly string[]): OutboxRows<TBody> {
    const rows: OutboxRow<TBody>[] = [];
    const unreadable: UnreadableRow[] = [];
    for (const found of this.#store.all(sql, ...values)) {
      const row = this.#tryRow(found);
      if (row === undefined) {
        unreadable.push({
          keyTag: readText(found, "key_tag"),
          createdAtMs: readInteger(found, "created_at"),
        });
      } else {
        rows.push(row);
      }
    }
    return { rows, unreadable };
  }

  #tryRow(row: Row): OutboxRow<TBody> | undefined {
    try {
      return this.#row(row);
    } catch (error) {
      if (error instanceof ChannelDurabilityError && error.code === "corrupt_row") {
        return undefined;
      }
      throw error;
    }
  }

  #row(row: Row): OutboxRow<TBody> {
    const keyTag = readText(row, "key_tag");
    const head = this.#open(keyTag, "head", readBlob(row, "head"));
    const { queueId, target } = parseHead(head);
    const partIndex = readInteger(row, "part_index");
    const body = readOptionalBlob(row, "body");
    const nativeId = readOptionalBlob(row, "native_id");
    const openedId = nativeId && this.#open(keyTag, "native_id", nativeId);
    if (openedId !== undefined && typeof openedId !== "string") {
      throw new ChannelDurabilityError("corrupt_row", "outbox: native id is not a text");
    }
    return {
      key: outboxKey(queueId, partIndex),
      queueId,
      target,
      partIndex,
      partCount: readOptionalInteger(row, "part_count"),
      body: body && this.#parse(this.#open(keyTag, "body", body)),
      createdAtMs: readInteger(row, "created_at"),
      nativeId: openedId,
    };
  }

  #parse(value: unknown): TBody {
    try {
      return this.#parseBody(value);
    } catch (cause) {
      throw new ChannelDurabilityError("corrupt_row", "outbox: the body does not parse", { cause });
    }
  }

  #keyTag(key: string): string {
    return this.#store.sealer.tag("outbox key", key);
  }

  #seal(row: string, column: string, value: unknown): Uint8Array {
    return this.#store.sealer.sealJson({ table: "outbox", column, row }, value);
  }

  #open(row: string, column: string, sealed: Uint8Array): unknown {
    return this.#store.sealer.openJson({ table: "outbox", column, row }, sealed);
  }
}

function parseHead(value: unknown): { queueId: string; target: string } {
  if (
    typeof value === "object" &&
    value !== null &&
    "queueId" in value &&
    "target" in value &&
    typeof value.queueId === "string" &&
    typeof value.target === "string"
  ) {
    return { queueId: value.queueId, target: value.target };
  }
  throw new ChannelDurabilityError("corrupt_row", "outbox: the head does not parse");
}
