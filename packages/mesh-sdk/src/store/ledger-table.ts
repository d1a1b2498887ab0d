import type { DatabaseSync } from "node:sqlite";
import type { Row, Statement } from "sdk-kit";
import { prepare, readInteger, readText } from "./schema.ts";

/** Accounts in memory; more are read again when they are needed. */
const MAX_CACHED = 4_096;
/** Accounts without messages that are kept for their floors. */
const MAX_EMPTY = 10_000;
/** Below every timestamp. */
export const NO_FLOOR_MS = Number.MIN_SAFE_INTEGER;
/** Above every timestamp. */
export const NO_OLDEST_MS = Number.MAX_SAFE_INTEGER;

/** What one channel, or one sender, has in the store. Changes reach the table with {@link Ledger.flush}. */
export interface Account {
  readonly id: number;
  readonly name: string;
  messages: number;
  bytes: number;
  /** Latest time among what was deleted: nothing up to here is taken again. Of a channel by its messages' `agesFromMs`. */
  floorMs: number;
  /** No message is older, by the same time, apart from those that wait to be handled; there may be none of exactly this time. */
  oldestMs: number;
}

/** The table of channels or of senders, with a number for each name. */
export class Ledger {
  readonly #byName = new Map<string, Account>();
  readonly #byId = new Map<number, Account>();
  readonly #changed = new Set<Account>();
  readonly #selectByName: Statement;
  readonly #selectById: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  readonly #deleteUnused: Statement;
  readonly #deleteMany: Statement;

  constructor(database: DatabaseSync, table: "channels" | "senders") {
    const columns = "id, name, messages, bytes, floor_ms, oldest_ms";
    this.#selectByName = prepare(database, `SELECT ${columns} FROM ${table} WHERE name = ?`);
    this.#selectById = prepare(database, `SELECT ${columns} FROM ${table} WHERE id = ?`);
    this.#insert = prepare(
      database,
      `INSERT INTO ${table} (name, messages, bytes, floor_ms, oldest_ms) VALUES (?, 0, 0, ?, ?) RETURNING ${columns}`,
    );
    this.#update = prepare(
      database,
      `UPDATE ${table} SET messages = ?, bytes = ?, floor_ms = ?, oldest_ms = ? WHERE id = ?`,
    );
    this.#delete = prepare(database, `DELETE FROM ${table} WHERE id = ?`);
    this.#deleteMany = prepare(
      database,
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE messages = 0 ORDER BY floor_ms DESC LIMIT ? OFFSET ?) RETURNING id`,
    );
    this.#deleteUnused = prepare(
      database,
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE messages = 0 AND floor_ms <= ? LIMIT ?) RETURNING id`,
    );
  }

  find(name: string): Account | undefined {
    return this.#byName.get(name) ?? this.#keep(this.#selectByName.get(name));
  }

  /** The account of a name, made when there is none. Inside of a transaction. */
  ensure(name: string): Account {
    const account =
      this.find(name) ?? this.#keep(this.#insert.get(name, NO_FLOOR_MS, NO_OLDEST_MS));
    if (account === undefined) throw new TypeError("a new account was not returned");
    return account;
  }

  byId(id: number): Account {
    const account = this.#byId.get(id) ?? this.#keep(this.#selectById.get(id));
    if (account === undefined) throw new TypeError("a message without its account");
    return account;
  }

  /** Notes that an account was changed. */
  touch(account: Account): void {
    this.#changed.add(account);
  }

  /** Those that were changed since the last flush. */
  changed(): readonly Account[] {
    return [...this.#changed];
  }

  /** Writes what was changed, and deletes what says nothing. Inside of the same transaction. */
  flush(): void {
    for (const account of this.#changed) {
      const { id, messages, bytes, floorMs, name, oldestMs } = account;
      if (messages === 0 && floorMs === NO_FLOOR_MS) {
        this.#delete.run(id);
        this.#byName.delete(name);
        this.#byId.delete(id);
      } else this.#update.run(messages, bytes, floorMs, oldestMs, id);
    }
    this.#changed.clear();
    if (this.#byId.size > MAX_CACHED) this.forget();
  }

  /** Drops what is in memory, for instance after a transaction that failed. */
  forget(): void {
    this.#byName.clear();
    this.#byId.clear();
    this.#changed.clear();
  }

  /**
   * Deletes accounts without messages whose floor no longer matters, and of the others those with the lowest floors, where
   * there are too many. Inside of a transaction, after a flush.
   *
   * @returns How many, at most `limit` of each.
   */
  deleteUnused(floorMs: number, limit: number): number {
    const unused = this.#deleteUnused.all(floorMs, limit).length;
    const many = this.#deleteMany.all(limit, MAX_EMPTY).length;
    this.forget();
    return unused + many;
  }

  #keep(row: Row | undefined): Account | undefined {
    if (row === undefined) return undefined;
    const account: Account = {
      id: readInteger(row, "id"),
      name: readText(row, "name"),
      messages: readInteger(row, "messages"),
      bytes: readInteger(row, "bytes"),
      floorMs: readInteger(row, "floor_ms"),
      oldestMs: readInteger(row, "oldest_ms"),
    };
    this.#byName.set(account.name, account);
    this.#byId.set(account.id, account);
    return account;
  }
}
