import type { DatabaseSync } from "node:sqlite";
import type { Statement } from "sdk-kit";
import type { NewMessage, StoredMessage } from "./port.ts";
import { prepare, readInteger } from "./schema.ts";
import { readStored } from "./stored-row.ts";

/** Messages that nobody can prove, apart from the others: in no page, in no comparison, and with a small room of their own. */
export class QuarantineTable {
  #count = 0;
  #bytes = 0;
  readonly #insert: Statement;
  readonly #has: Statement;
  readonly #take: Statement;
  readonly #oldest: Statement;
  readonly #delete: Statement;
  readonly #select: Statement;
  readonly #measure: Statement;

  constructor(database: DatabaseSync) {
    this.#insert = prepare(
      database,
      `INSERT INTO quarantine (arrival, digest, handed, received_ms, bytes, channel, sender, message_id, timestamp, timestamp_ms, body, payload, signature)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#has = prepare(database, "SELECT 1 FROM quarantine WHERE digest = ?");
    this.#take = prepare(
      database,
      "DELETE FROM quarantine WHERE digest = ? RETURNING arrival, bytes, handed",
    );
    this.#oldest = prepare(
      database,
      `SELECT arrival, bytes, received_ms FROM quarantine
       WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.arrival = quarantine.arrival) ORDER BY arrival LIMIT 1`,
    );
    this.#delete = prepare(database, "DELETE FROM quarantine WHERE arrival = ?");
    this.#select = prepare(
      database,
      "SELECT *, channel AS channel_name, sender AS sender_name FROM quarantine WHERE arrival = ?",
    );
    this.#measure = prepare(
      database,
      "SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM quarantine",
    );
    this.reload();
  }

  get count(): number {
    return this.#count;
  }

  /** Counts again, after a transaction that failed. */
  reload(): void {
    const row = this.#measure.get() ?? {};
    this.#count = readInteger(row, "messages");
    this.#bytes = readInteger(row, "bytes");
  }

  has(digest: Uint8Array): boolean {
    return this.#count > 0 && this.#has.get(digest) !== undefined;
  }

  add({ digest, forUs, message, receivedAtMs }: NewMessage, arrival: number, bytes: number): void {
    this.#insert.run(
      arrival,
      digest,
      forUs ? 1 : 0,
      receivedAtMs,
      bytes,
      message.channelId,
      message.senderId,
      message.messageId,
      message.timestamp,
      message.timestampMs,
      message.body,
      message.payloadText,
      message.signature ?? null,
    );
    this.#count += 1;
    this.#bytes += bytes;
  }

  /** Lets a message out that was proven since. @returns Undefined when it is not here. */
  take(digest: Uint8Array): { readonly arrival: number; readonly wasHanded: boolean } | undefined {
    const row = this.#count === 0 ? undefined : this.#take.get(digest);
    if (row === undefined) return undefined;
    this.#forget(readInteger(row, "bytes"));
    return { arrival: readInteger(row, "arrival"), wasHanded: readInteger(row, "handed") === 1 };
  }

  get(arrival: number): StoredMessage | undefined {
    const row = this.#select.get(arrival);
    return row && readStored(row, "unverified");
  }

  /**
   * Makes room: deletes the oldest that nobody waits for, while they are too old or too much is here.
   *
   * @returns How many were deleted, at most `limit`.
   */
  evict(bounds: { maxBytes: number; receivedBeforeMs: number; limit: number }): number {
    for (let deleted = 0; ; deleted += 1) {
      const row = deleted < bounds.limit ? this.#oldest.get() : undefined;
      if (row === undefined) return deleted;
      const isTooOld = readInteger(row, "received_ms") < bounds.receivedBeforeMs;
      if (!isTooOld && this.#bytes <= bounds.maxBytes) return deleted;
      this.#delete.run(readInteger(row, "arrival"));
      this.#forget(readInteger(row, "bytes"));
    }
  }

  /** Whether so many bytes more are within a bound. */
  hasRoomFor(bytes: number, maxBytes: number): boolean {
    return this.#bytes + bytes <= maxBytes;
  }

  #forget(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
  }
}
