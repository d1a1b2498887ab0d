import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
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
import { DatabaseSync } from "node:sqlite";
import type { StoreErrorClass } from "./store-error.ts";

const SQLITE_MAGIC = "SQLite format 3\0";
const SIDECARS = ["-wal", "-shm", "-journal"];
const HEADER_BYTES = 100;
const USER_VERSION_OFFSET = 60;
const APPLICATION_ID_OFFSET = 68;

/** What the file of one SDK is known by. */
export interface DatabaseMark {
  /** In the header of the file: a database of another program is refused rather than migrated. */
  readonly applicationId: number;
  readonly StoreError: StoreErrorClass;
}

/** What a look at the file says, before SQLite has touched it. */
export type FileState =
  | { readonly kind: "absent" }
  | { readonly kind: "present"; readonly version: number };

/**
 * Checks the folder and the file of a database without changing either, and creates the folder when it is missing.
 *
 * The folder must belong to us and not be writable by others; the file must be a regular file of ours with one name.
 * Neither may be a symbolic link: whoever could plant one could send our state elsewhere.
 *
 * @throws StoreError `insecure_state_path` | `state_unreadable` (cut off, emptied, or not a database of ours).
 */
export function inspectDatabaseFile(path: string, mark: DatabaseMark): FileState {
  const { StoreError } = mark;
  assertPrivateFolder(dirname(path), StoreError);
  for (const suffix of SIDECARS) assertOwnSidecar(`${path}${suffix}`, StoreError);
  const descriptor = openWithoutFollowing(path, StoreError);
  if (descriptor === undefined) {
    if (existsSync(`${path}-wal`)) {
      // SQLite would replay these pages into whatever database is created under the name.
      throw new StoreError("state_unreadable", "store: a write-ahead log without its database");
    }
    return { kind: "absent" };
  }
  try {
    assertOwnFile(fstatSync(descriptor), StoreError);
    return { kind: "present", version: readVersion(descriptor, mark) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Creates the database under a temporary name and moves it into place when it is complete, so that a file under the
 * final name is never half made: an empty or cut-off one is damage, not a beginning.
 *
 * @param build - Makes tables and first rows, in one transaction.
 */
export function createDatabaseFile(path: string, build: (database: DatabaseSync) => void): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  rmSync(`${unfinished}-journal`, { force: true });
  closeSync(openSync(unfinished, "wx", 0o600));
  const database = new DatabaseSync(unfinished);
  try {
    // Nobody reads the file under this name: it has to be on the disk when it gets the other one, not after each step.
    database.exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
    database.exec("BEGIN");
    build(database);
    database.exec("COMMIT");
    // Marks the header, so that opening the finished file later changes nothing in it.
    database.exec("PRAGMA journal_mode = WAL");
  } finally {
    database.close();
  }
  syncPath(unfinished, constants.O_RDWR);
  renameSync(unfinished, path);
  syncPath(dirname(path), constants.O_RDONLY);
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

function assertPrivateFolder(folder: string, StoreError: StoreErrorClass): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stats = lstatSync(folder);
  if (!stats.isDirectory()) {
    throw insecure(StoreError, "the state folder is a link or not a folder");
  }
  if (!isOwnedByUs(stats) || (stats.mode & 0o022) !== 0) {
    throw insecure(StoreError, "the state folder belongs to, or can be written by, someone else");
  }
}

/** SQLite opens these by name and would follow a link. */
function assertOwnSidecar(path: string, StoreError: StoreErrorClass): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) assertOwnFile(stats, StoreError);
}

function assertOwnFile(stats: Stats, StoreError: StoreErrorClass): void {
  if (!stats.isFile() || stats.nlink !== 1) {
    throw insecure(StoreError, "the database is not a regular file with one name");
  }
  if (!isOwnedByUs(stats)) throw insecure(StoreError, "the database belongs to someone else");
}

/** Closes the file to others when someone opened it up, for instance by restoring a backup. */
export function restrictToOwner(path: string): void {
  if ((lstatSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

function openWithoutFollowing(path: string, StoreError: StoreErrorClass): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw insecure(StoreError, "the database is a symbolic link");
    throw new StoreError("state_unreadable", "store: the database cannot be opened", { cause });
  }
}

/** The schema version stands in the header: a newer database is recognized before SQLite opens, and may change, it. */
function readVersion(descriptor: number, { applicationId, StoreError }: DatabaseMark): number {
  const header = Buffer.alloc(HEADER_BYTES);
  const read = readSync(descriptor, header, 0, HEADER_BYTES, 0);
  if (read < HEADER_BYTES || header.toString("latin1", 0, 16) !== SQLITE_MAGIC) {
    throw new StoreError("state_unreadable", "store: the file is cut off or not a database");
  }
  if (header.readUInt32BE(APPLICATION_ID_OFFSET) !== applicationId) {
    throw new StoreError("state_unreadable", "store: the database belongs to another program");
  }
  return header.readUInt32BE(USER_VERSION_OFFSET);
}

function isOwnedByUs(stats: Stats): boolean {
  return process.getuid === undefined || stats.uid === process.getuid();
}

function insecure(StoreError: StoreErrorClass, reason: string): Error {
  return new StoreError("insecure_state_path", `store: ${reason}`);
}
