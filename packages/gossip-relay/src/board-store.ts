import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { GossipRelayError } from "./errors.ts";

const SCHEMA_VERSION = 1;

/** ascii "gsrl": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x67_73_72_6c;

// AUTOINCREMENT, not a plain rowid: SQLite then never hands out a counter twice, even when the newest rows were pruned.
const SCHEMA = `
  CREATE TABLE keys (
    user_id BLOB PRIMARY KEY, bundle BLOB NOT NULL, updated_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX keys_updated ON keys (updated_ms);
  CREATE TABLE bulletin (
    counter INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL, created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX bulletin_created ON bulletin (created_ms);
  CREATE TABLE board (
    seeker BLOB PRIMARY KEY, value BLOB NOT NULL, created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX board_created ON board (created_ms);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export interface StoredAnnouncement {
  readonly counter: bigint;
  readonly data: Uint8Array;
}

export interface StoredValue {
  readonly seeker: Uint8Array;
  readonly value: Uint8Array;
}

/** What became of a posted value: the first write stays. */
export type PutValueResult = "stored" | "same" | "other";

export interface BoardCounts {
  readonly keys: number;
  readonly announcements: number;
  readonly values: number;
}

/** Rows older than these moments (ms since 1970) go; `undefined` keeps them for ever. */
export interface PruneBefore {
  readonly keysMs: number | undefined;
  readonly announcementsMs: number | undefined;
  readonly valuesMs: number | undefined;
}

/**
 * Opens or creates the relay's database: WAL, file mode 0600, every write committed to disk before it returns.
 *
 * @param databasePath - A file, or ":memory:". Missing folders are made with mode 0700.
 * @throws {@link GossipRelayError} `database_newer` | `database_unusable`.
 */
export function openBoardStore(databasePath: string, now: () => number): BoardStore {
  try {
    if (databasePath !== ":memory:") createPrivateFile(databasePath);
    const database = new DatabaseSync(databasePath);
    try {
      prepareDatabase(database, databasePath);
      return new BoardStore(database, now);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof GossipRelayError) throw error;
    throw new GossipRelayError("database_unusable", `cannot open the database ${databasePath}`, {
      cause: error,
    });
  }
}

// SQLite gives the -wal and -shm files the mode of the database, so it has to be right before SQLite sees the file.
function createPrivateFile(databasePath: string): void {
  mkdirSync(path.dirname(path.resolve(databasePath)), { recursive: true, mode: 0o700 });
  closeSync(openSync(databasePath, "a", 0o600));
  chmodSync(databasePath, 0o600);
}

function prepareDatabase(database: DatabaseSync, databasePath: string): void {
  const pragma = (name: string): number =>
    readNumber(database.prepare(`PRAGMA ${name}`).get(), name);
  const version = pragma("user_version");
  const isEmpty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (!isEmpty && pragma("application_id") !== APPLICATION_ID) {
    throw new GossipRelayError("database_unusable", `${databasePath} is not a relay database`);
  }
  if (version > SCHEMA_VERSION) {
    throw new GossipRelayError(
      "database_newer",
      `${databasePath} has format ${version}, this relay knows ${SCHEMA_VERSION}: use a newer relay`,
    );
  }
  database.exec("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  if (isEmpty) database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
}

/** The three tables behind the seven calls. Synchronous; one transaction per write. */
export class BoardStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Stores a key bundle, or renews the one that is there. */
  putKeys(userId: Uint8Array, bundle: Uint8Array): void {
    this.#sql(
      `INSERT INTO keys (user_id, bundle, updated_ms) VALUES (?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET bundle = excluded.bundle, updated_ms = excluded.updated_ms`,
    ).run(userId, bundle, this.#now());
  }

  getKeys(userId: Uint8Array): Uint8Array | undefined {
    const row = this.#sql("SELECT bundle FROM keys WHERE user_id = ?").get(userId);
    return row === undefined ? undefined : readBytes(row, "bundle");
  }

  /** @returns the counter of the new announcement: 1 for the first one, never used again. */
  appendAnnouncement(data: Uint8Array): bigint {
    const row = this.#sql(
      "INSERT INTO bulletin (data, created_ms) VALUES (?, ?) RETURNING counter",
    ).get(data, this.#now());
    return readBigInt(row, "counter");
  }

  /** Announcements with a counter above `after`, ascending. Stops at `maxBytes`, but always makes progress. */
  listAnnouncements(after: bigint, limit: number, maxBytes: number): StoredAnnouncement[] {
    const page: StoredAnnouncement[] = [];
    let bytes = 0;
    const rows = this.#sql(
      "SELECT counter, data FROM bulletin WHERE counter > ? ORDER BY counter LIMIT ?",
    ).iterate(after, limit);
    for (const row of rows) {
      const data = readBytes(row, "data");
      bytes += data.length;
      if (page.length > 0 && bytes > maxBytes) break;
      page.push({ counter: readBigInt(row, "counter"), data });
    }
    return page;
  }

  /** The newest counter given out, also when its announcement was pruned; 0 when there was none. */
  newestCounter(): bigint {
    const row = this.#sql("SELECT seq FROM sqlite_sequence WHERE name = 'bulletin'").get();
    return row === undefined ? 0n : readBigInt(row, "seq");
  }

  /** Stores a value unless its address is taken. */
  putValue(seeker: Uint8Array, value: Uint8Array): PutValueResult {
    const insert = this.#sql(
      "INSERT INTO board (seeker, value, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    if (Number(insert.run(seeker, value, this.#now()).changes) === 1) return "stored";
    const row = this.#sql("SELECT value = ? AS same FROM board WHERE seeker = ?").get(
      value,
      seeker,
    );
    return readNumber(row, "same") === 1 ? "same" : "other";
  }

  /** The values present at these addresses, in the order asked. Stops at `maxBytes`, but always makes progress. */
  getValues(seekers: Iterable<Uint8Array>, maxBytes: number): StoredValue[] {
    const select = this.#sql("SELECT value FROM board WHERE seeker = ?");
    const found: StoredValue[] = [];
    let bytes = 0;
    for (const seeker of seekers) {
      const row = select.get(seeker);
      if (row === undefined) continue;
      const value = readBytes(row, "value");
      bytes += value.length;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push({ seeker, value });
    }
    return found;
  }

  /** Replaces a value against the first-write rule, as a hostile relay would. @returns whether there was one. */
  overwriteValue(seeker: Uint8Array, value: Uint8Array): boolean {
    const update = this.#sql("UPDATE board SET value = ? WHERE seeker = ?");
    return Number(update.run(value, seeker).changes) === 1;
  }

  /** Forgets everything, counters too, as a relay that was installed anew. */
  wipe(): void {
    this.#database.exec(
      "BEGIN; DELETE FROM keys; DELETE FROM bulletin; DELETE FROM board; DELETE FROM sqlite_sequence; COMMIT;",
    );
  }

  /** Deletes at most `maxRows` old rows of each table. @returns how many went. */
  prune(before: PruneBefore, maxRows: number): number {
    const deleteOld = (table: string, id: string, time: string, ms: number | undefined): number =>
      ms === undefined
        ? 0
        : Number(
            this.#sql(
              `DELETE FROM ${table} WHERE ${id} IN (SELECT ${id} FROM ${table} WHERE ${time} < ? LIMIT ?)`,
            ).run(ms, maxRows).changes,
          );
    return (
      deleteOld("keys", "user_id", "updated_ms", before.keysMs) +
      deleteOld("bulletin", "counter", "created_ms", before.announcementsMs) +
      deleteOld("board", "seeker", "created_ms", before.valuesMs)
    );
  }

  counts(): BoardCounts {
    const count = (table: string): number =>
      readNumber(this.#sql(`SELECT count(*) AS rows FROM ${table}`).get(), "rows");
    return { keys: count("keys"), announcements: count("bulletin"), values: count("board") };
  }

  /** Limits the size of the database file; a write beyond it fails as a full disk does. */
  limitBytes(maxBytes: number): void {
    const pageBytes = readNumber(this.#database.prepare("PRAGMA page_size").get(), "page_size");
    const pages = Math.max(1, Math.floor(maxBytes / pageBytes));
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
  }

  close(): void {
    if (!this.#database.isOpen) return;
    this.#statements.clear();
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    statement.setReadBigInts(true);
    this.#statements.set(text, statement);
    return statement;
  }
}

type Row = Readonly<Record<string, unknown>>;

function readBytes(row: Row | undefined, column: string): Uint8Array {
  const value = row?.[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column}: expected bytes`);
  return value;
}

function readBigInt(row: Row | undefined, column: string): bigint {
  const value = row?.[column];
  if (typeof value !== "bigint") throw new TypeError(`column ${column}: expected an integer`);
  return value;
}

function readNumber(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "bigint" && typeof value !== "number") {
    throw new TypeError(`column ${column}: expected an integer`);
  }
  return Number(value);
}
