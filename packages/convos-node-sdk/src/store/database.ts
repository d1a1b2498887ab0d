import { DatabaseSync } from "node:sqlite";
import { ConvosError, type ConvosErrorCode } from "../errors.ts";
import {
  APPLICATION_ID,
  createDatabaseFile,
  inspectDatabaseFile,
  restrictToOwner,
} from "./database-file.ts";

/** Version of the tables below. A database with a higher one is left alone. */
const SCHEMA_VERSION = 1;

/** How long the opening waits for another connection, for instance one that is being closed. It holds the event loop. */
const BUSY_TIMEOUT_MS = 1_000;

/*
 * Columns in clear are row numbers, key indexes, times, statuses and look-up tags; everything a person or a peer made is
 * sealed. AUTOINCREMENT, because the number of a deleted row must never come back: an event would be marked as handled by
 * mistake, a new conversation would find the messages of another one.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key_index INTEGER NOT NULL UNIQUE,
    record BLOB NOT NULL
  ) STRICT;
  CREATE TABLE incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    event BLOB NOT NULL
  ) STRICT;
  CREATE INDEX incoming_by_conversation ON incoming (conversation);
  CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    message BLOB NOT NULL UNIQUE,
    status TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    item BLOB,
    message_id BLOB
  ) STRICT;
  CREATE INDEX outgoing_by_conversation ON outgoing (conversation, id) WHERE item IS NOT NULL;
  CREATE INDEX outgoing_by_age ON outgoing (changed_ms) WHERE item IS NULL;
  CREATE TABLE seen (
    conversation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    sent_ns INTEGER NOT NULL,
    PRIMARY KEY (conversation, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_time ON seen (conversation, sent_ns);
  CREATE TABLE ledger (
    conversation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    note BLOB NOT NULL,
    PRIMARY KEY (conversation, tag)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the database at a path, creating it when there is none. It is never replaced: what cannot be read is refused.
 *
 * @param initialize - Fills in the first rows of a new database, before it gets its name.
 * @throws ConvosError `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` | `state_unwritable`.
 */
export function openDatabase(
  path: string,
  initialize: (created: DatabaseSync) => void,
): DatabaseSync {
  const found = inspectDatabaseFile(path);
  if (found.kind === "absent") {
    asStoreError(() =>
      createDatabaseFile(path, (database) => {
        database.exec(SCHEMA);
        initialize(database);
        database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
        database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
      }),
    );
  } else {
    refuseOtherVersions(found.version);
    restrictToOwner(path);
  }
  return asStoreError(() => {
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      configure(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function configure(database: DatabaseSync): void {
  // Two clients on one state would both answer. The lock goes with the process, however that ends.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  // FULL: a commit has reached the disk when it returns.
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  refuseOtherVersions(Number(database.prepare("PRAGMA user_version").get()?.["user_version"]));
  database.exec("BEGIN IMMEDIATE; COMMIT");
  const check = database.prepare("PRAGMA quick_check(1)").get();
  if (check?.["quick_check"] !== "ok") {
    throw new ConvosError("state_unreadable", "store: the database is damaged");
  }
  // The definitions of tables are text in the file: damage in them is no damage to SQLite.
  using expected = new DatabaseSync(":memory:");
  expected.exec(SCHEMA);
  if (readSchema(database) !== readSchema(expected)) {
    throw new ConvosError("state_unreadable", "store: the tables are not ours");
  }
}

function readSchema(database: DatabaseSync): string {
  const rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  // How our own text is laid out may change.
  return JSON.stringify(rows).replaceAll(/(?:\\n|\s)+/g, " ");
}

function refuseOtherVersions(version: number): void {
  if (version > SCHEMA_VERSION) {
    throw new ConvosError(
      "state_newer",
      `store: written by a newer version (schema ${version}, this program knows ${SCHEMA_VERSION})`,
    );
  }
  if (version !== SCHEMA_VERSION) {
    throw new ConvosError("state_unreadable", `store: unknown schema version ${version}`);
  }
}

/**
 * Runs something that touches the database and turns what SQLite throws into our own error.
 *
 * @throws ConvosError `state_unreadable` | `locked` | `state_unwritable` (disk full, read-only, I/O error).
 */
export function asStoreError<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ConvosError) throw cause;
    const code = codeOfSqliteError(cause);
    if (code === undefined) throw cause;
    throw new ConvosError(code, `store: ${MEANING[code]}`, { cause });
  }
}

const MEANING = {
  locked: "another process holds the database",
  state_unreadable: "the database is damaged",
  state_unwritable: "the database cannot be written",
} as const;

/** Primary result codes of SQLite (the low byte of the extended ones), https://sqlite.org/rescode.html. */
const SQLITE_CODES = new Map<number, keyof typeof MEANING & ConvosErrorCode>([
  [5, "locked"], // BUSY
  [6, "locked"], // LOCKED
  [8, "state_unwritable"], // READONLY
  [10, "state_unwritable"], // IOERR
  [11, "state_unreadable"], // CORRUPT
  [13, "state_unwritable"], // FULL
  [14, "state_unwritable"], // CANTOPEN
  [26, "state_unreadable"], // NOTADB
]);

function codeOfSqliteError(error: unknown): keyof typeof MEANING | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") {
    return SQLITE_CODES.get(error.errcode & 0xff);
  }
  const systemCode = "code" in error ? error.code : undefined;
  return systemCode === "ENOSPC" || systemCode === "EACCES" || systemCode === "EROFS"
    ? "state_unwritable"
    : undefined;
}
