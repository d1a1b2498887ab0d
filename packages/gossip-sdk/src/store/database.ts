import { DatabaseSync } from "node:sqlite";
import { GossipError, type GossipErrorCode } from "../errors.ts";
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
 * Columns in clear are row numbers, times, statuses and look-up tags; everything a person or a peer made is sealed.
 * AUTOINCREMENT, because the number of a deleted event must never come back and be marked as handled by mistake.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE conversations (peer BLOB PRIMARY KEY, state BLOB NOT NULL) STRICT;
  CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    peer BLOB NOT NULL,
    message BLOB NOT NULL UNIQUE,
    status TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    item BLOB
  ) STRICT;
  CREATE INDEX outgoing_by_age ON outgoing (changed_ms) WHERE item IS NULL;
  CREATE TABLE incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    peer BLOB NOT NULL,
    event BLOB NOT NULL
  ) STRICT;
  CREATE INDEX incoming_by_peer ON incoming (peer);
  CREATE TABLE seen (
    tag BLOB PRIMARY KEY,
    seen_ms INTEGER NOT NULL,
    note BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_age ON seen (seen_ms);
`;

/**
 * Opens the database at a path, creating it when there is none. It is never replaced: what cannot be read is refused.
 *
 * @param initialize - Fills in the first rows of a new database, before it gets its name.
 * @throws GossipError `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` | `state_unwritable`.
 */
export function openDatabase(
  path: string,
  initialize: (created: DatabaseSync) => void,
): DatabaseSync {
  const found = asStoreError(() => inspectDatabaseFile(path));
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
  // Two clients on one state would answer from one ratchet. The lock goes with the process, however that ends.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  // FULL: a commit has reached the disk when it returns; the ratchet must never fall behind what was posted.
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  refuseOtherVersions(Number(database.prepare("PRAGMA user_version").get()?.["user_version"]));
  database.exec("BEGIN IMMEDIATE; COMMIT");
  const check = database.prepare("PRAGMA quick_check(1)").get();
  if (check?.["quick_check"] !== "ok") {
    throw new GossipError("state_unreadable", "store: the database is damaged");
  }
  // The definitions of tables are text in the file: damage in them is no damage to SQLite.
  using expected = new DatabaseSync(":memory:");
  expected.exec(SCHEMA);
  if (readSchema(database) !== readSchema(expected)) {
    throw new GossipError("state_unreadable", "store: the tables are not ours");
  }
}

function readSchema(database: DatabaseSync): string {
  const rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  // How our own text is laid out may change.
  return JSON.stringify(rows).replaceAll(/(?:\\n|\s)+/g, " ");
}

function refuseOtherVersions(version: number): void {
  if (version > SCHEMA_VERSION) {
    throw new GossipError(
      "state_newer",
      `store: written by a newer version (schema ${version}, this program knows ${SCHEMA_VERSION})`,
    );
  }
  if (version !== SCHEMA_VERSION) {
    throw new GossipError("state_unreadable", `store: unknown schema version ${version}`);
  }
}

/**
 * Runs something that touches the database and turns what SQLite throws into our own error.
 *
 * @throws GossipError `state_unreadable` | `locked` | `state_unwritable` (disk full, read-only, I/O error).
 */
export function asStoreError<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof GossipError) throw cause;
    const code = codeOfSqliteError(cause);
    if (code === undefined) throw cause;
    throw new GossipError(code, `store: ${MEANING[code]}`, { cause });
  }
}

const MEANING = {
  locked: "another process holds the database",
  state_unreadable: "the database is damaged",
  state_unwritable: "the database cannot be written",
} as const;

/** Primary result codes of SQLite (the low byte of the extended ones), https://sqlite.org/rescode.html. */
const SQLITE_CODES = new Map<number, keyof typeof MEANING & GossipErrorCode>([
  [5, "locked"], // BUSY
  [6, "locked"], // LOCKED
  [8, "state_unwritable"], // READONLY
  [10, "state_unwritable"], // IOERR
  [11, "state_unreadable"], // CORRUPT
  [13, "state_unwritable"], // FULL
  [14, "state_unwritable"], // CANTOPEN
  [26, "state_unreadable"], // NOTADB
]);

const DISK_FAILURES: ReadonlySet<unknown> = new Set([
  "EACCES",
  "EDQUOT",
  "EFBIG",
  "EIO",
  "ENOSPC",
  "EROFS",
]);

function codeOfSqliteError(error: unknown): keyof typeof MEANING | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") {
    return SQLITE_CODES.get(error.errcode & 0xff);
  }
  const systemCode = "code" in error ? error.code : undefined;
  return DISK_FAILURES.has(systemCode) ? "state_unwritable" : undefined;
}
