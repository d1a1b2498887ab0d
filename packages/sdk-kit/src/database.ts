import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import {
  createDatabaseFile,
  inspectDatabaseFile,
  restrictToOwner,
  type DatabaseMark,
} from "./database-file.ts";
import { runAsStore, type StoreErrorClass } from "./store-error.ts";

/** How long the opening waits for another connection, for instance one that is being closed. It holds the event loop. */
const BUSY_TIMEOUT_MS = 1_000;

/** What makes one SDK's database its own. */
export interface DatabaseFormat extends DatabaseMark {
  /** Statements that make every table and index, among them `meta (name TEXT PRIMARY KEY, value BLOB NOT NULL)`. */
  readonly schema: string;
  /** Version of these tables. A database with a higher one is left alone. */
  readonly schemaVersion: number;
  /**
   * A file up to this size is read through at its opening, which holds the event loop; in a larger one damage shows when
   * it is met. Default: whatever the size.
   */
  readonly readThroughBytes?: number;
}

/**
 * Opens the database at a path, creating it when there is none. It is never replaced: what cannot be read is refused.
 *
 * @param initialize - Fills in the first rows of a new database, before it gets its name.
 * @throws StoreError `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` | `state_unwritable`.
 */
export function openDatabaseOf(
  format: DatabaseFormat,
  path: string,
  initialize: (created: DatabaseSync) => void,
): DatabaseSync {
  return runAsStore(format.StoreError, () => {
    const found = inspectDatabaseFile(path, format);
    if (found.kind === "absent") {
      createDatabaseFile(path, (database) => {
        database.exec(format.schema);
        initialize(database);
        database.exec(`PRAGMA application_id = ${format.applicationId}`);
        database.exec(`PRAGMA user_version = ${format.schemaVersion}`);
      });
    } else {
      refuseOtherVersions(found.version, format);
      restrictToOwner(path);
    }
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      configure(database, format, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function configure(database: DatabaseSync, format: DatabaseFormat, path: string): void {
  // Two clients on one state would both answer, from one ratchet. The lock goes with the process, however that ends.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  // FULL: a commit has reached the disk when it returns; a ratchet must never fall behind what was posted.
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA secure_delete = ON");
  const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
  refuseOtherVersions(Number(version), format);
  database.exec("BEGIN IMMEDIATE; COMMIT");
  if (statSync(path).size <= (format.readThroughBytes ?? Number.POSITIVE_INFINITY)) {
    const check = database.prepare("PRAGMA quick_check(1)").get();
    if (check?.["quick_check"] !== "ok") {
      throw new format.StoreError("state_unreadable", "store: the database is damaged");
    }
  }
  // The definitions of tables are text in the file: damage in them is no damage to SQLite.
  using expected = new DatabaseSync(":memory:");
  expected.exec(format.schema);
  if (readSchema(database) !== readSchema(expected)) {
    throw new format.StoreError("state_unreadable", "store: the tables are not ours");
  }
}

function readSchema(database: DatabaseSync): string {
  const rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
  // How our own text is laid out may change.
  return JSON.stringify(rows).replaceAll(/(?:\\n|\s)+/g, " ");
}

function refuseOtherVersions(version: number, { schemaVersion, StoreError }: DatabaseFormat): void {
  if (version > schemaVersion) {
    throw new StoreError(
      "state_newer",
      `store: written by a newer version (schema ${version}, this program knows ${schemaVersion})`,
    );
  }
  if (version !== schemaVersion) {
    throw new StoreError("state_unreadable", `store: unknown schema version ${version}`);
  }
}

/**
 * Runs one step as a whole: when the work throws, or the commit does, nothing of it has happened.
 *
 * @throws StoreError `state_unwritable` | `locked` | `state_unreadable`, and whatever the work throws.
 */
export function runInTransaction<T>(
  StoreError: StoreErrorClass,
  database: DatabaseSync,
  work: () => T,
): T {
  return runAsStore(StoreError, () => {
    // IMMEDIATE: take the write lock at once, so that no step finds out at its end that it may not write.
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  });
}
