import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { XmtpLocalNodeError } from "../errors.ts";

const SCHEMA_VERSION = 1;

/** ascii "xmln": tells our file from any other SQLite file. */
const APPLICATION_ID = 0x78_6d_6c_6e;

// AUTOINCREMENT, not a plain rowid: clients keep cursors and ask for what is behind them, so a number is never given twice.
const SCHEMA = `
  CREATE TABLE key_packages (
    installation_key BLOB PRIMARY KEY, key_package BLOB NOT NULL
  ) STRICT;
  CREATE TABLE group_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic BLOB NOT NULL, created_ns INTEGER NOT NULL,
    digest BLOB NOT NULL UNIQUE, message BLOB NOT NULL
  ) STRICT;
  CREATE INDEX group_messages_by_topic ON group_messages (topic, id);
  CREATE TABLE welcome_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic BLOB NOT NULL, created_ns INTEGER NOT NULL,
    digest BLOB NOT NULL UNIQUE, message BLOB NOT NULL
  ) STRICT;
  CREATE INDEX welcome_messages_by_topic ON welcome_messages (topic, id);
  CREATE TABLE commit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, group_id BLOB NOT NULL, entry BLOB NOT NULL, signature BLOB NOT NULL
  ) STRICT;
  CREATE INDEX commit_log_by_group ON commit_log (group_id, id);
  CREATE TABLE inbox_updates (
    sequence_id INTEGER PRIMARY KEY AUTOINCREMENT, inbox_id TEXT NOT NULL, created_ns INTEGER NOT NULL,
    identity_update BLOB NOT NULL
  ) STRICT;
  CREATE INDEX inbox_updates_by_inbox ON inbox_updates (inbox_id, sequence_id);
  CREATE TABLE identifiers (
    identifier TEXT NOT NULL, kind INTEGER NOT NULL, inbox_id TEXT NOT NULL,
    added_at INTEGER NOT NULL, revoked_at INTEGER,
    PRIMARY KEY (identifier, kind, inbox_id, added_at)
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens or creates the database of a node: WAL, file mode 0600, one process at a time.
 *
 * @param file - A path, or ":memory:". Missing folders are made with mode 0700.
 * @throws {@link XmtpLocalNodeError} `database_newer` | `database_unusable`.
 */
export function openDatabase(file: string): DatabaseSync {
  try {
    if (file !== ":memory:") createPrivateFile(file);
    // Times in ns are larger than a JavaScript number holds exactly.
    const database = new DatabaseSync(file, { readBigInts: true });
    try {
      prepareDatabase(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof XmtpLocalNodeError) throw error;
    throw new XmtpLocalNodeError("database_unusable", `cannot open the database ${file}`, {
      cause: error,
    });
  }
}

// SQLite gives the -wal and -shm files the mode of the database, so it has to be right before SQLite sees the file.
function createPrivateFile(file: string): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

function prepareDatabase(database: DatabaseSync, file: string): void {
  // Two nodes on one file would give out the same numbers.
  database.exec("PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE");
  const pragma = (name: string): bigint =>
    readInteger(database.prepare(`PRAGMA ${name}`).get(), name);
  const isEmpty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (!isEmpty && pragma("application_id") !== BigInt(APPLICATION_ID)) {
    throw new XmtpLocalNodeError("database_unusable", `${file} is not a database of a node`);
  }
  const version = pragma("user_version");
  if (version > SCHEMA_VERSION) {
    throw new XmtpLocalNodeError(
      "database_newer",
      `${file} has format ${version}, this node knows ${SCHEMA_VERSION}: use a newer node, or another file`,
    );
  }
  // NORMAL: a killed process loses nothing; a machine that loses power may lose the last calls, which a test network may.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  if (isEmpty) database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
  database.exec("BEGIN IMMEDIATE; COMMIT");
}

/** All of `work`, or nothing of it. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

type Row = ReturnType<StatementSync["get"]>;

export function readInteger(row: Row, column: string): bigint {
  const value = row?.[column];
  if (typeof value !== "bigint") throw new TypeError(`column ${column} does not hold an integer`);
  return value;
}

export function readBlob(row: Row, column: string): Uint8Array {
  const value = row?.[column];
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`column ${column} does not hold bytes`);
}

export function readText(row: Row, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new TypeError(`column ${column} does not hold text`);
  return value;
}
