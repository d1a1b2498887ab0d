/**
 * What a store can fail at; part of the codes of every SDK.
 *
 * - `locked`: another process, or another connection, holds the database.
 * - `state_newer`: written by a newer version.
 * - `state_unreadable`: damaged, cut off, or not a database of ours.
 * - `state_unwritable`: the disk is full, read-only, or fails.
 * - `insecure_state_path`: a link, a second name, or another owner.
 * - `wrong_key`: sealed by another identity.
 */
export type StoreErrorCode =
  | "locked"
  | "state_newer"
  | "state_unreadable"
  | "state_unwritable"
  | "insecure_state_path"
  | "wrong_key";

/** The error class of an SDK: what a store throws is the SDK's own error. */
export type StoreErrorClass = new (
  code: StoreErrorCode,
  message: string,
  options?: { readonly cause?: unknown },
) => Error;

const MEANING = {
  locked: "another process holds the database",
  state_unreadable: "the database is damaged",
  state_unwritable: "the database cannot be written",
} as const;

/** Primary result codes of SQLite (the low byte of the extended ones), https://sqlite.org/rescode.html. */
const SQLITE_CODES = new Map<number, keyof typeof MEANING>([
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

/**
 * Runs something that touches the database or its file, and turns what SQLite and the file system throw into an error of
 * the SDK.
 *
 * @throws StoreError `state_unreadable` | `locked` | `state_unwritable`; what is no failure of a store goes through as it is.
 */
export function runAsStore<T>(StoreError: StoreErrorClass, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const code = codeOfFailure(cause);
    if (code === undefined) throw cause;
    throw new StoreError(code, `store: ${MEANING[code]}`, { cause });
  }
}

function codeOfFailure(error: unknown): keyof typeof MEANING | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") {
    return SQLITE_CODES.get(error.errcode & 0xff);
  }
  const systemCode = "code" in error ? error.code : undefined;
  return DISK_FAILURES.has(systemCode) ? "state_unwritable" : undefined;
}
