import type { DatabaseSync } from "node:sqlite";
import type { Statement } from "sdk-kit";
import { prepare, readInteger } from "./schema.ts";

/** A message that waits to be handled. */
export interface InboxRow {
  /** What the message is known by until it is handled. */
  readonly id: number;
  /** Where it is stored now: a quarantined message gets another number when it is proven. */
  readonly arrival: number;
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

  add(arrival: number, bytes: number): void {
    this.#insert.run(arrival, arrival, bytes);
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
