import type { DatabaseSync } from "node:sqlite";
import type { Row, Statement } from "sdk-kit";
import { compareItems } from "./item-key.ts";
import type { ItemKey, ItemRange, NewMessage, PageLimits, StoredMessage } from "./port.ts";
import { prepare, readBlob, readInteger } from "./schema.ts";
import { readStored, takePage } from "./stored-row.ts";
import type { Piece } from "./sums-table.ts";

/** Places read at a time. */
const ITEMS_AT_ONCE = 1_024;
/** Before and after every place. */
const LEAST: ItemKey = { timestampMs: Number.MIN_SAFE_INTEGER, digest: new Uint8Array(0) };
const GREATEST: ItemKey = { timestampMs: Number.MAX_SAFE_INTEGER, digest: new Uint8Array(0) };

/** What it takes to judge a message against the others, and to delete it. */
export interface MessageMark extends ItemKey {
  readonly arrival: number;
  readonly channel: number;
  readonly sender: number;
  readonly bytes: number;
  /** The time by which it grows old in its channel: its own, or when it came, where it was dated ahead of that. */
  readonly agesFromMs: number;
  readonly isShown: boolean;
  /** With its outer signature, which stores of the reference drop. */
  readonly isSigned: boolean;
}

/** Numbers that the ledgers gave, and what was decided about a new message. */
export interface Filing {
  readonly arrival: number;
  readonly channel: number;
  readonly sender: number;
  readonly bytes: number;
  readonly isShown: boolean;
}

/** Verified messages, with conflicting ones, of all channels. */
export class MessagesTable {
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #setShown: Statement;
  readonly #setSignature: Statement;
  readonly #kin: Statement;
  readonly #byPlace: Statement;
  readonly #byArrival: Statement;
  readonly #handledByArrival: Statement;
  readonly #newest: Statement;
  readonly #saidSince: Statement;
  readonly #placeOfId: Statement;
  readonly #pageAfter: Statement;
  readonly #arrivedAfter: Statement;
  readonly #lastArrival: Statement;
  readonly #items: Statement;
  readonly #oldestOfChannel: Statement;
  readonly #oldestOfSender: Statement;
  readonly #stored: Statement;
  readonly #storedByPlace: Statement;

  constructor(database: DatabaseSync) {
    const marks =
      "arrival, channel, sender, timestamp_ms, min(timestamp_ms, received_ms) AS ages_ms, digest, bytes, shown, signature IS NOT NULL AS signed";
    const whole =
      "m.arrival, m.digest, m.message_id, m.timestamp, m.timestamp_ms, m.body, m.payload, m.signature, m.received_ms, m.bytes";
    const joined = `SELECT ${whole}, c.name AS channel_name, s.name AS sender_name
      FROM messages m JOIN senders s ON s.id = m.sender JOIN channels c ON c.id = m.channel`;
    const isHandled = "NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.arrival = messages.arrival)";
    this.#insert = prepare(
      database,
      `INSERT INTO messages (arrival, channel, sender, timestamp_ms, digest, message_id, shown, received_ms, bytes, timestamp, body, payload, signature)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#delete = prepare(database, "DELETE FROM messages WHERE arrival = ?");
    this.#setShown = prepare(database, "UPDATE messages SET shown = ? WHERE arrival = ?");
    this.#setSignature = prepare(database, "UPDATE messages SET signature = ? WHERE arrival = ?");
    // Two looks into one index, each at very few rows: however many senders use an id, it is shown once.
    this.#kin = prepare(
      database,
      `SELECT ${marks} FROM messages WHERE channel = ?1 AND message_id = ?2 AND shown = 1
       UNION ALL
       SELECT ${marks} FROM messages WHERE channel = ?1 AND message_id = ?2 AND shown = 0 AND sender = ?3`,
    );
    this.#byPlace = prepare(
      database,
      `SELECT 1 FROM messages WHERE channel = ? AND timestamp_ms = ? AND digest = ?`,
    );
    this.#byArrival = prepare(database, `SELECT ${marks} FROM messages WHERE arrival = ?`);
    this.#handledByArrival = prepare(
      database,
      `SELECT ${marks} FROM messages WHERE arrival = ? AND ${isHandled}`,
    );
    this.#newest = prepare(
      database,
      `${joined} WHERE m.channel = ? AND m.timestamp_ms <= ? AND m.shown = 1
       ORDER BY m.timestamp_ms DESC, m.digest DESC LIMIT ?`,
    );
    this.#saidSince = prepare(
      database,
      `${joined} WHERE m.sender = ? AND m.timestamp_ms >= ? AND m.shown = 1
       ORDER BY m.timestamp_ms DESC LIMIT ?`,
    );
    this.#placeOfId = prepare(
      database,
      "SELECT timestamp_ms FROM messages WHERE channel = ? AND message_id = ? AND shown = 1",
    );
    this.#pageAfter = prepare(
      database,
      `${joined} WHERE m.channel = ? AND m.timestamp_ms > ? AND m.shown = 1 ORDER BY m.timestamp_ms, m.digest LIMIT ?`,
    );
    this.#arrivedAfter = prepare(
      database,
      `${joined} WHERE m.channel = ? AND m.arrival > ? ORDER BY m.arrival LIMIT ?`,
    );
    this.#lastArrival = prepare(
      database,
      "SELECT max(arrival) AS arrival FROM messages WHERE channel = ?",
    );
    this.#items = prepare(
      database,
      `SELECT timestamp_ms, digest FROM messages
       WHERE channel = ? AND (timestamp_ms, digest) >= (?, ?) AND (timestamp_ms, digest) < (?, ?)
       ORDER BY timestamp_ms, digest LIMIT ?`,
    );
    this.#oldestOfChannel = prepare(
      database,
      `SELECT ${marks} FROM messages WHERE channel = ? AND timestamp_ms >= ? AND ${isHandled}
       ORDER BY timestamp_ms, digest LIMIT ?`,
    );
    this.#oldestOfSender = prepare(
      database,
      `SELECT ${marks} FROM messages WHERE sender = ? AND timestamp_ms >= ? AND ${isHandled}
       ORDER BY timestamp_ms LIMIT ?`,
    );
    this.#stored = prepare(database, `${joined} WHERE m.arrival = ?`);
    this.#storedByPlace = prepare(
      database,
      `${joined} WHERE m.channel = ? AND m.timestamp_ms = ? AND m.digest = ?`,
    );
  }

  insert(added: NewMessage, filing: Filing): void {
    const { message, digest, receivedAtMs } = added;
    this.#insert.run(
      filing.arrival,
      filing.channel,
      filing.sender,
      message.timestampMs,
      digest,
      message.messageId,
      filing.isShown ? 1 : 0,
      receivedAtMs,
      filing.bytes,
      message.timestamp,
      message.body,
      message.payloadText,
      message.signature ?? null,
    );
  }

  delete(arrival: number): void {
    this.#delete.run(arrival);
  }

  setShown(arrival: number, isShown: boolean): void {
    this.#setShown.run(isShown ? 1 : 0, arrival);
  }

  setSignature(arrival: number, signature: string): void {
    this.#setSignature.run(signature, arrival);
  }

  /** The message that the reference sees under an id, and what the sender has said under it. */
  kin(channel: number, messageId: string, sender: number): readonly MessageMark[] {
    return this.#kin.all(channel, messageId, sender).map(readMark);
  }

  has(channel: number, item: ItemKey): boolean {
    return this.#byPlace.get(channel, item.timestampMs, item.digest) !== undefined;
  }

  markOf(arrival: number): MessageMark | undefined {
    const row = this.#byArrival.get(arrival);
    return row && readMark(row);
  }

  newest(
    channel: number,
    nowMs: number,
    { limit, maxBytes }: PageLimits,
  ): readonly StoredMessage[] {
    return takePage(this.#newest.iterate(channel, nowMs, limit), maxBytes).toReversed();
  }

  saidSince(
    sender: number,
    sinceMs: number,
    { limit, maxBytes }: PageLimits,
  ): readonly StoredMessage[] {
    return takePage(this.#saidSince.iterate(sender, sinceMs, limit), maxBytes).toReversed();
  }

  pageAfter(
    channel: number,
    messageId: string | null,
    { limit, maxBytes }: PageLimits,
  ): readonly StoredMessage[] {
    const place = messageId === null ? undefined : this.#placeOfId.get(channel, messageId);
    if (messageId !== null && place === undefined) return [];
    const afterMs = place === undefined ? LEAST.timestampMs : readInteger(place, "timestamp_ms");
    return takePage(this.#pageAfter.iterate(channel, afterMs, limit), maxBytes);
  }

  arrivedAfter(
    channel: number,
    arrival: number,
    { limit, maxBytes }: PageLimits,
  ): readonly StoredMessage[] {
    return takePage(this.#arrivedAfter.iterate(channel, arrival, limit), maxBytes);
  }

  lastArrival(channel: number): number {
    const row = this.#lastArrival.get(channel);
    return row?.["arrival"] === null || row === undefined ? 0 : readInteger(row, "arrival");
  }

  itemsOf(channel: number, { from = LEAST, to = GREATEST }: ItemRange, limit: number): ItemKey[] {
    return this.#items
      .all(channel, from.timestampMs, from.digest, to.timestampMs, to.digest, limit)
      .map(readItem);
  }

  /** Each message of a range by itself, in order. */
  *pieces(channel: number, { from, to }: ItemRange): Generator<Piece> {
    let next = from;
    let isFirst = true;
    for (;;) {
      const items = this.itemsOf(channel, { from: next, to }, ITEMS_AT_ONCE);
      for (const start of items) {
        const isRepeated = !isFirst && next !== undefined && compareItems(start, next) === 0;
        if (!isRepeated) yield { start, level: undefined, count: 1, sum: start.digest };
      }
      if (items.length < ITEMS_AT_ONCE) return;
      next = items.at(-1);
      isFirst = false;
    }
  }

  stored(arrival: number): StoredMessage | undefined {
    const row = this.#stored.get(arrival);
    return row && readStored(row);
  }

  /** Those of some places, in their order, until the bytes are used up; how many places were looked at. */
  storedAtAll(
    channel: number,
    items: readonly ItemKey[],
    maxBytes: number,
  ): { readonly messages: readonly StoredMessage[]; readonly looked: number } {
    const messages: StoredMessage[] = [];
    let bytes = 0;
    for (const [looked, item] of items.entries()) {
      const row = this.#storedByPlace.get(channel, item.timestampMs, item.digest);
      if (row === undefined) continue;
      bytes += readInteger(row, "bytes");
      if (messages.length > 0 && bytes > maxBytes) return { messages, looked };
      messages.push(readStored(row));
    }
    return { messages, looked: items.length };
  }

  /** The oldest from a time on that nobody waits for, by their own times. */
  oldestOf(
    whose: "channel" | "sender",
    id: number,
    fromMs: number,
    limit: number,
  ): readonly MessageMark[] {
    const statement = whose === "channel" ? this.#oldestOfChannel : this.#oldestOfSender;
    return statement.all(id, fromMs, limit).map(readMark);
  }

  /** One that nobody waits for; undefined when somebody does, and when it is not stored. */
  handledMarkOf(arrival: number): MessageMark | undefined {
    const row = this.#handledByArrival.get(arrival);
    return row && readMark(row);
  }
}

function readItem(row: Row): ItemKey {
  return { timestampMs: readInteger(row, "timestamp_ms"), digest: readBlob(row, "digest") };
}

function readMark(row: Row): MessageMark {
  return {
    ...readItem(row),
    arrival: readInteger(row, "arrival"),
    channel: readInteger(row, "channel"),
    sender: readInteger(row, "sender"),
    bytes: readInteger(row, "bytes"),
    agesFromMs: readInteger(row, "ages_ms"),
    isShown: readInteger(row, "shown") === 1,
    isSigned: readInteger(row, "signed") === 1,
  };
}
