import type { DatabaseSync } from "node:sqlite";
import type { Statement } from "sdk-kit";
import { prepare, readInteger, readText } from "./schema.ts";

/** Added to the number of a message while it is held: readers, who begin at zero, do not see it, and the order stays. */
const HELD_OFFSET = Number.MIN_SAFE_INTEGER;

/** A message that waits to be handled. */
export interface InboxRow {
  /** What the message is known by until it is handled. */
  readonly id: number;
  /** Where it is stored now: a quarantined message gets another number when it is proven. */
  readonly arrival: number;
}

/** One that is not given out yet. */
interface HeldRow extends Pick<InboxRow, "id"> {
  readonly timestampMs: number;
}

/** Messages for us that nobody has marked as handled. */
export class InboxTable {
  #count = 0;
  #bytes = 0;
  readonly #has: Statement;
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #deleteArrival: Statement;
  readonly #move: Statement;
  readonly #after: Statement;
  readonly #measure: Statement;
  readonly #heldChannels: Statement;
  readonly #held: Statement;
  readonly #release: Statement;

  constructor(database: DatabaseSync) {
    this.#insert = prepare(database, "INSERT INTO inbox (id, arrival, bytes) VALUES (?, ?, ?)");
    this.#has = prepare(database, "SELECT 1 FROM inbox WHERE id = ?");
    const returned = "RETURNING arrival, bytes";
    this.#delete = prepare(database, `DELETE FROM inbox WHERE id = ? ${returned}`);
    this.#deleteArrival = prepare(database, `DELETE FROM inbox WHERE arrival = ? ${returned}`);
    this.#move = prepare(database, "UPDATE inbox SET arrival = ? WHERE arrival = ?");
    this.#after = prepare(
      database,
      "SELECT id, arrival FROM inbox WHERE id > ? ORDER BY id LIMIT ?",
    );
    this.#measure = prepare(
      database,
      "SELECT count(*) AS messages, coalesce(sum(bytes), 0) AS bytes FROM inbox",
    );
    // CROSS keeps SQLite from beginning with all messages of the channel.
    const held = "FROM inbox i CROSS JOIN messages m ON m.arrival = i.arrival";
    this.#heldChannels = prepare(
      database,
      `SELECT DISTINCT c.name ${held} JOIN channels c ON c.id = m.channel WHERE i.id < 0`,
    );
    this.#held = prepare(
      database,
      `SELECT i.id, m.timestamp_ms ${held} WHERE i.id < 0 AND m.channel = ? ORDER BY i.id LIMIT ?`,
    );
    this.#release = prepare(database, "UPDATE inbox SET id = ? WHERE id = ?");
    this.reload();
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts again, after a transaction that failed. */
  reload(): void {
    const row = this.#measure.get() ?? {};
    this.#count = readInteger(row, "messages");
    this.#bytes = readInteger(row, "bytes");
  }

  add(arrival: number, bytes: number, isHeld: boolean): void {
    this.#insert.run(isHeld ? arrival + HELD_OFFSET : arrival, arrival, bytes);
    this.#count += 1;
    this.#bytes += bytes;
  }

  has(id: number): boolean {
    return this.#has.get(id) !== undefined;
  }

  /** @returns Where the message is stored; undefined when nothing waits under this id. */
  take(id: number): number | undefined {
    return this.#taken(this.#delete, id);
  }

  /** Nobody is to handle this message any more. */
  drop(arrival: number): void {
    this.#taken(this.#deleteArrival, arrival);
  }

  move(from: number, to: number): void {
    this.#move.run(to, from);
  }

  heldChannels(): readonly string[] {
    return this.#heldChannels.all().map((row) => readText(row, "name"));
  }

  /** The first ones of a channel that are held, in the order in which they came. */
  held(channel: number, limit: number): readonly HeldRow[] {
    return this.#held.all(channel, limit).map((row) => ({
      id: readInteger(row, "id"),
      timestampMs: readInteger(row, "timestamp_ms"),
    }));
  }

  /** Shows a held one to readers, under a number that none of them has passed. */
  release(id: number, newId: number): void {
    this.#release.run(newId, id);
  }

  after(id: number, limit: number): readonly InboxRow[] {
    return this.#after
      .all(id, limit)
      .map((row) => ({ id: readInteger(row, "id"), arrival: readInteger(row, "arrival") }));
  }

  #taken(statement: Statement, key: number): number | undefined {
    const row = statement.get(key);
    if (row === undefined) return undefined;
    this.#count -= 1;
    this.#bytes -= readInteger(row, "bytes");
    return readInteger(row, "arrival");
  }
}
