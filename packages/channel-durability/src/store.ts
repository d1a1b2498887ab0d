import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { ChannelDurabilityError } from "./errors.ts";
import { readBlob, readInteger, type Row } from "./rows.ts";
import { APPLICATION_ID, OLDER_SCHEMAS, SCHEMA, SCHEMA_VERSION } from "./schema.ts";
import { Sealer } from "./sealing.ts";

/** How long a write waits for another process (a CLI command) before it fails. It blocks the event loop. */
const DEFAULT_BUSY_TIMEOUT_MS = 5000;
/** The write-ahead log is cut back to this size after a checkpoint, so that a burst does not keep its disk space. */
const WAL_SIZE_LIMIT_BYTES = 4 * 1024 * 1024;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const SQLITE_MAGIC = "SQLite format 3\0";
/** Big-endian fields of the SQLite file header (https://sqlite.org/fileformat.html, 1.3). */
const SIDECARS = ["-wal", "-shm", "-journal"];
const HEADER_BYTES = 100;
const USER_VERSION_OFFSET = 60;
const APPLICATION_ID_OFFSET = 68;
const KEY_CHECK = "key_check";

export interface DurableStoreOptions {
  /** Database file. Missing folders are made with mode 0700; modes of existing folders are the caller's business. */
  readonly path: string;
  /** 32 secret bytes of the account; read while opening, neither kept nor changed. */
  readonly key: Uint8Array;
  /** Wall clock in ms, default `Date.now`. */
  readonly now?: () => number;
  readonly busyTimeoutMs?: number;
}

/**
 * Opens (or creates, mode 0600) the database of one account.
 *
 * WAL with `synchronous=FULL`: a call that returned has reached the disk. Only one process may run an account on
 * the file; another one may open it briefly to look or to resubmit a dead letter.
 *
 * @throws {@link ChannelDurabilityError} `invalid_key` | `wrong_key` | `state_newer` | `state_unreadable` |
 *   `state_unwritable` (full, read-only, or failing disk); in all five cases an existing file stays as it was.
 */
export function openDurableStore(options: DurableStoreOptions): DurableStore {
  const sealer = new Sealer(options.key);
  try {
    mkdirSync(dirname(options.path), { recursive: true, mode: DIRECTORY_MODE });
  } catch (error) {
    throw asStateError(options.path, error);
  }
  if (lstatSync(options.path, { throwIfNoEntry: false }) === undefined)
    createFile(options.path, sealer);
  prepareFile(options.path);
  const database = openDatabase(options.path, options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS);
  try {
    migrate(database, sealer);
  } catch (error) {
    database.close();
    throw asStateError(options.path, error);
  }
  return new DurableStore(options.path, database, sealer, options.now ?? Date.now);
}

/** An open account database. Queue, outbox, waiting list and operator view work on it; callers open and close it. */
export class DurableStore implements Disposable {
  readonly path: string;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, database: DatabaseSync, sealer: Sealer, now: () => number) {
    this.path = path;
    this.#database = database;
    this.sealer = sealer;
    this.now = now;
  }

  /** Runs `work` in one write transaction: all of it is on disk when this returns, or none of it. Not nestable. */
  write<T>(work: () => T): T {
    this.#assertOpen();
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite itself rolls back on a full disk and on I/O errors; a second ROLLBACK would hide the first error.
      if (this.#database.isTransaction) {
        this.#database.exec("ROLLBACK");
      }
      throw error;
    }
  }

  /** All rows of a query. */
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#prepare(sql).all(...values);
  }

  /** The first row of a query, if any. */
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** Closes the file; a second call does nothing. Everything built on the store throws `closed` from here on. */
  close(): void {
    if (this.#database.isOpen) {
      this.#statements.clear();
      this.#database.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #prepare(sql: string): StatementSync {
    this.#assertOpen();
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #assertOpen(): void {
    if (!this.#database.isOpen) {
      throw new ChannelDurabilityError("closed", "store: already closed");
    }
  }
}

/**
 * Makes the database under another name and moves it into place when it is complete: an empty or cut-off file under the
 * final name is damage, not a beginning.
 */
function createFile(path: string, sealer: Sealer): void {
  const unfinished = `${path}.new`;
  try {
    if (existsSync(`${path}-wal`)) {
      // SQLite would replay its pages into whatever is created under the name.
      throw new ChannelDurabilityError(
        "state_unreadable",
        `store: ${path}-wal without its database`,
      );
    }
    rmSync(unfinished, { force: true });
    rmSync(`${unfinished}-journal`, { force: true });
    closeSync(openSync(unfinished, "wx", FILE_MODE));
    const database = new DatabaseSync(unfinished);
    try {
      // Nobody reads the file under this name: it has to be on the disk when it gets the other one, not after each step.
      database.exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
      migrate(database, sealer);
      database.exec("PRAGMA journal_mode = WAL");
    } finally {
      database.close();
    }
    syncPath(unfinished, constants.O_RDWR);
    renameSync(unfinished, path);
    syncPath(dirname(path), constants.O_RDONLY);
  } catch (error) {
    throw asStateError(path, error);
  }
}

/** Returns when what was written to a file, or the names in a folder, are on the disk. */
function syncPath(path: string, flags: number): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Closes an existing file to others, or refuses it before SQLite may touch it. */
function prepareFile(path: string): void {
  for (const suffix of SIDECARS) {
    const stats = lstatSync(`${path}${suffix}`, { throwIfNoEntry: false });
    if (stats !== undefined) assertOwnFile(`${path}${suffix}`, stats);
  }
  let descriptor: number;
  try {
    // O_NOFOLLOW: somebody else's symbolic link must not decide where our data goes.
    descriptor = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    throw asStateError(path, error);
  }
  try {
    const stats = fstatSync(descriptor);
    assertOwnFile(path, stats);
    assertHeader(path, descriptor);
    if ((stats.mode & 0o077) !== 0) {
      fchmodSync(descriptor, FILE_MODE);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A second name or another owner: somebody else could read, or write, what we keep. SQLite would not mind. */
function assertOwnFile(path: string, stats: Stats): void {
  const isOurs = process.getuid === undefined || stats.uid === process.getuid();
  if (stats.isFile() && stats.nlink === 1 && isOurs) return;
  throw new ChannelDurabilityError(
    "state_unreadable",
    `store: ${path} is not a regular file of ours with one name`,
  );
}

// Opening a database that a newer version wrote could already recover its log; its header says enough.
function assertHeader(path: string, descriptor: number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  const length = readSync(descriptor, header, 0, HEADER_BYTES, 0);
  if (length < HEADER_BYTES || header.toString("latin1", 0, SQLITE_MAGIC.length) !== SQLITE_MAGIC) {
    throw new ChannelDurabilityError("state_unreadable", `store: ${path} is not a SQLite database`);
  }
  assertVersion(
    path,
    header.readInt32BE(APPLICATION_ID_OFFSET),
    header.readInt32BE(USER_VERSION_OFFSET),
  );
}

function assertVersion(path: string, applicationId: number, version: number): void {
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || version !== 0)) {
    throw new ChannelDurabilityError("state_unreadable", `store: ${path} is another program's`);
  }
  if (version > SCHEMA_VERSION) {
    throw new ChannelDurabilityError(
      "state_newer",
      `store: ${path} has schema ${version}, this version knows ${SCHEMA_VERSION}`,
    );
  }
}

function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
       PRAGMA journal_size_limit = ${WAL_SIZE_LIMIT_BYTES};`,
    );
    if (database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] !== "ok") {
      throw new ChannelDurabilityError("state_unreadable", `store: ${path} is damaged`);
    }
    return database;
  } catch (error) {
    database?.close();
    throw asStateError(path, error);
  }
}

function migrate(database: DatabaseSync, sealer: Sealer): void {
  const place = { table: "meta", column: "value", row: KEY_CHECK };
  database.exec("BEGIN IMMEDIATE");
  try {
    const applicationId = readPragma(database, "application_id");
    const version = readPragma(database, "user_version");
    assertVersion("database", applicationId, version);
    if (version === 0) {
      assertEmpty(database);
      database.exec(SCHEMA);
      database
        .prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
        .run(KEY_CHECK, sealer.sealJson(place, KEY_CHECK));
      database.exec(
        `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`,
      );
    } else {
      const older = OLDER_SCHEMAS.get(version);
      assertSchema(database, older?.schema ?? SCHEMA);
      assertKey(database, sealer, place);
      if (older !== undefined) {
        database.exec(`${older.raise} PRAGMA user_version = ${version + 1};`);
      }
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) {
      database.exec("ROLLBACK");
    }
    throw error;
  }
}

// A crash between creating the file and the first commit leaves an empty database, which is ours to fill. One
// with tables but without our mark belongs to somebody else.
function assertEmpty(database: DatabaseSync): void {
  if (database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() !== undefined) {
    throw new ChannelDurabilityError("state_unreadable", "store: another program's database");
  }
}

/** The definitions of tables are text in the file: damage in them is no damage to SQLite. */
function assertSchema(database: DatabaseSync, schema: string): void {
  using expected = new DatabaseSync(":memory:");
  expected.exec(schema);
  if (readSchema(database) !== readSchema(expected)) {
    throw new ChannelDurabilityError("state_unreadable", "store: the tables are not ours");
  }
}

function readSchema(database: DatabaseSync): string {
  const rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  // How our own text is laid out may change.
  return JSON.stringify(rows).replaceAll(/(?:\\n|\s)+/g, " ");
}

function assertKey(
  database: DatabaseSync,
  sealer: Sealer,
  place: { table: string; column: string; row: string },
): void {
  const row = database.prepare("SELECT value FROM meta WHERE name = ?").get(KEY_CHECK);
  if (row === undefined) {
    throw new ChannelDurabilityError("state_unreadable", "store: the key check is missing");
  }
  try {
    sealer.openJson(place, readBlob(row, "value"));
  } catch (cause) {
    throw new ChannelDurabilityError("wrong_key", "store: sealed under another key", { cause });
  }
}

function readPragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? 0 : readInteger(row, name);
}

function asStateError(path: string, error: unknown): unknown {
  if (error instanceof ChannelDurabilityError) {
    return error;
  }
  // Damage is mended from a backup, a disk by making room: telling one for the other would cost an operator his state.
  return isDiskFailure(error)
    ? new ChannelDurabilityError("state_unwritable", `store: ${path} cannot be written`, {
        cause: error,
      })
    : new ChannelDurabilityError("state_unreadable", `store: SQLite cannot read ${path}`, {
        cause: error,
      });
}

/** READONLY, IOERR, FULL, CANTOPEN: the low byte of SQLite's codes, https://sqlite.org/rescode.html. */
const SQLITE_DISK_FAILURES: ReadonlySet<number> = new Set([8, 10, 13, 14]);
const SYSTEM_DISK_FAILURES: ReadonlySet<unknown> = new Set([
  "EACCES",
  "EDQUOT",
  "EFBIG",
  "EIO",
  "ENOSPC",
  "EROFS",
]);

/** A full, read-only or failing disk: trying again may help. */
export function isDiskFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("errcode" in error && typeof error.errcode === "number") {
    return SQLITE_DISK_FAILURES.has(error.errcode & 0xff);
  }
  return "code" in error && SYSTEM_DISK_FAILURES.has(error.code);
}
