import { constants, type Stats } from "node:fs";
import { access, chmod, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ChannelKitError } from "./errors.ts";

const OTHERS = 0o077;

/**
 * Creates a folder, and its missing parents, that only this user may enter. An existing folder is closed to others.
 *
 * @throws ChannelKitError `identity_unsafe` when it is a link, no folder, or another user's.
 */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  await makeFolders(folder);
  const stats = await assertOwnFolder(folder);
  if ((stats.mode & OTHERS) !== 0) await chmod(folder, 0o700);
}

/** Looks without a change. @throws ChannelKitError `identity_unsafe` for a link, no folder, or another user's. */
export async function assertOwnFolder(folder: string): Promise<Stats> {
  const stats = await lstat(folder);
  if (!stats.isDirectory()) throw unsafe(folder, "it is a link or not a folder");
  assertOwn(folder, stats);
  return stats;
}

/** Node.js calls a read-only disk ENOENT when it makes several folders at once: the folder above knows the real reason. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (hasCode(error, "ENOENT")) await access(await findExisting(folder), constants.W_OK);
    throw error;
  }
}

async function findExisting(folder: string): Promise<string> {
  const parent = path.dirname(folder);
  if (parent === folder) return folder;
  const isThere = await lstat(parent).then(
    () => true,
    () => false,
  );
  return isThere ? parent : await findExisting(parent);
}

/** `use` closes to others what was open to them; `look` leaves everything as it is. */
export type ReadPurpose = "use" | "look";

/**
 * Reads a small text file of ours without following links.
 *
 * @returns undefined when there is no such file.
 * @throws ChannelKitError `identity_unsafe`: a link, a second name of the file, another owner, or beyond `maxBytes`.
 */
export async function readPrivateFile(
  file: string,
  maxBytes: number,
  purpose: ReadPurpose = "use",
): Promise<string | undefined> {
  const handle = await openWithoutFollowing(file);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw unsafe(file, "it is not a regular file");
    if (stats.nlink !== 1) throw unsafe(file, "it has a second name (a hard link)");
    assertOwn(file, stats);
    if (stats.size > maxBytes) throw unsafe(file, `it is larger than ${maxBytes} bytes`);
    if (purpose === "use" && (stats.mode & OTHERS) !== 0) await handle.chmod(0o600);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

/** Writes a file that appears whole or not at all: temporary file, fsync, rename, fsync of the folder. Mode 0600. */
export async function writePrivateFile(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  await rm(temporary, { force: true });
  // "wx" refuses a file or link that someone else put there in between.
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(content, "utf8");
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncFolder(path.dirname(file));
}

/** Makes renames and new names in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // Windows cannot open folders; NTFS journals its names.
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function openWithoutFollowing(file: string) {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    if (hasCode(cause, "ELOOP")) throw unsafe(file, "it is a symbolic link");
    throw new ChannelKitError(
      "identity_unreadable",
      `cannot open ${file}; check that this user may read it, then start again.`,
      { cause },
    );
  }
}

function assertOwn(file: string, stats: Stats): void {
  if (process.getuid !== undefined && stats.uid !== process.getuid()) {
    throw unsafe(file, `it belongs to user ${stats.uid}, OpenClaw runs as ${process.getuid()}`);
  }
}

/** Whether a file-system error has this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function unsafe(file: string, reason: string): ChannelKitError {
  return new ChannelKitError(
    "identity_unsafe",
    `refusing ${file}: ${reason}. Nothing was changed; put the real file or folder there and start again.`,
  );
}
