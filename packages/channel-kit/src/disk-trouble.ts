// A disk that takes nothing: told from damage, since the one is mended with room and the other with a backup.

/** What is the matter with the disk, in the operator's words, and a command that shows it. */
export interface DiskTrouble {
  /** As the system or SQLite names it. */
  readonly code: string;
  readonly what: string;
  readonly command: string;
  /** The file or folder, when the system names it. */
  readonly path?: string;
}

const FULL = { what: "its disk is full, or a quota or limit is used up", command: "df -h" };
const READ_ONLY = {
  what: "its disk is read-only, or this user may not go there",
  command: "findmnt -T",
};
/** SQLite says no more than this of a file that lies on a read-only disk. */
const FAILING = { what: "its disk fails or is read-only", command: "findmnt -T" };

const SYSTEM_CODES: Readonly<Record<string, typeof FULL>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EIO: FAILING,
};

/** The low byte of SQLite's codes, https://sqlite.org/rescode.html. */
const SQLITE_CODES: Readonly<Record<number, readonly [name: string, trouble: typeof FULL]>> = {
  8: ["SQLITE_READONLY", READ_ONLY],
  10: ["SQLITE_IOERR", FAILING],
  13: ["SQLITE_FULL", FULL],
  14: ["SQLITE_CANTOPEN", FAILING],
};

/** Looks for a failing disk beneath an error. @returns undefined when it was something else. */
export function findDiskTrouble(error: unknown): DiskTrouble | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") {
    const [code, trouble] = SQLITE_CODES[error.errcode & 0xff] ?? [];
    return code === undefined || trouble === undefined ? undefined : { code, ...trouble };
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const trouble = code === undefined ? undefined : SYSTEM_CODES[code];
  if (code !== undefined && trouble !== undefined) return { code, ...trouble, ...pathOf(error) };
  // Of what lies beneath, only a package that says it is the disk: others may have survived such an error.
  if (code !== "state_unwritable") return undefined;
  return findDiskTrouble(error.cause) ?? { code, ...FAILING };
}

function pathOf(error: Error): { path?: string } {
  return "path" in error && typeof error.path === "string" ? { path: error.path } : {};
}
