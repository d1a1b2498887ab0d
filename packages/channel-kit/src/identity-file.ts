// One identity, one folder: <stateDir>/sessions/<channel>/<username slug>/ holds session.json and the account's databases.
// The folder belongs to the account that session.json names; the username only names the folder.
import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { ChannelKitError } from "./errors.ts";
import { channelFolder, slugUsername, type ChannelHome } from "./identity-path.ts";
import type { SecretText } from "./secret-text.ts";
import {
  assertOwnFolder,
  ensurePrivateFolder,
  hasCode,
  readPrivateFile,
  syncFolder,
  writePrivateFile,
  type ReadPurpose,
} from "./private-file.ts";

const FILE = "session.json";
const PREVIOUS_FILE = "session.previous.json";
const UNFINISHED_PREFIX = ".new-";
const UNFINISHED_AGE_MS = 10 * 60_000;
const MAX_FILE_BYTES = 16 * 1024;
/** Version 2 has the mark of a confirmed backup. A record without it is written as version 1, which older plugins read. */
const VERSION = 2;

const IdentityRecordSchema = z.strictObject({
  version: z.union([z.literal(1), z.literal(VERSION)]),
  accountId: z.string().min(1),
  username: z.string().min(1),
  userId: z.string().min(1),
  /** Recovery words; present only while this file is where they live. */
  mnemonic: z.string().min(1).optional(),
  createdAt: z.iso.datetime(),
  /** When the person who set the bot up proved to have the words on paper. */
  backupConfirmedAt: z.iso.datetime().optional(),
});

/** What session.json holds. */
export type IdentityRecord = z.infer<typeof IdentityRecordSchema>;

/** An identity on disk: its folder and the record that was read from it. */
export interface IdentityFolder {
  readonly path: string;
  readonly record: IdentityRecord;
}

/**
 * Finds the identity of an account: first under its username, then, after a rename, in any other folder.
 *
 * @returns undefined only when nothing on disk could be this account's identity.
 * @throws ChannelKitError `identity_unreadable`, `identity_newer`, `identity_unsafe`, `username_taken`. A file that
 * cannot be read is never taken for "no identity": the caller would create a new one over a person's only words.
 */
export async function findIdentity(
  home: ChannelHome,
  account: FolderOwner,
): Promise<IdentityFolder | undefined> {
  return await search(home, account, (folder) => loadRecord(folder, home, "use"));
}

/** Whose folder is looked for. */
interface FolderOwner {
  readonly accountId: string;
  readonly username: string;
}

/** An identity that could not be used as it is on disk, and where it is. */
export interface IdentityTrouble {
  readonly path: string;
  readonly trouble: ChannelKitError;
}

/** What {@link findIdentity} would find or throw, for somebody who only looks: not even the mode of a file is changed. */
export async function lookForIdentity(
  home: ChannelHome,
  account: FolderOwner,
): Promise<IdentityFolder | IdentityTrouble | undefined> {
  let looking = channelFolder(home);
  try {
    return await search(home, account, async (folder) => {
      looking = folder;
      return await loadRecord(folder, home, "look");
    });
  } catch (error) {
    if (error instanceof ChannelKitError) return { path: looking, trouble: error };
    const message = `cannot read ${looking}; nothing was changed. Check that this user may read it`;
    return {
      path: looking,
      trouble: new ChannelKitError("identity_unreadable", message, { cause: error }),
    };
  }
}

async function search(
  home: ChannelHome,
  account: FolderOwner,
  load: (folder: string) => Promise<IdentityRecord | undefined>,
): Promise<IdentityFolder | undefined> {
  const parent = channelFolder(home);
  const named = path.join(parent, slugUsername(account.username));
  const record = await load(named);
  if (record !== undefined) {
    if (record.accountId !== account.accountId) throw usernameTaken(account.username, record);
    return { path: named, record };
  }
  for (const folder of await listFolders(parent)) {
    if (folder === named) continue;
    const other = await load(folder);
    if (other?.accountId === account.accountId) return { path: folder, record: other };
  }
  return undefined;
}

/**
 * Stores a first identity. The folder appears complete or not at all, and never over another one.
 *
 * @returns undefined when another process was first; find again.
 */
export async function createIdentity(
  home: ChannelHome,
  identity: Omit<IdentityRecord, "version">,
): Promise<IdentityFolder | undefined> {
  const parent = channelFolder(home);
  await ensurePrivateFolder(parent);
  await removeUnfinished(parent);
  const record: IdentityRecord = { version: versionOf(identity), ...identity };
  const unfinished = path.join(parent, `${UNFINISHED_PREFIX}${randomBytes(8).toString("hex")}`);
  const target = path.join(parent, slugUsername(record.username));
  await mkdir(unfinished, { mode: 0o700 });
  try {
    await writePrivateFile(path.join(unfinished, FILE), formatRecord(record));
    // A rename replaces an empty folder, and fails on one that holds anything.
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (isOccupied(error)) return undefined;
    throw error;
  }
  await syncFolder(parent);
  return { path: target, record };
}

/** Gives the folder the name of a new username. Call it under the identity's lock, before the databases are open. */
export async function renameIdentity(
  folder: IdentityFolder,
  username: string,
): Promise<IdentityFolder> {
  const parent = path.dirname(folder.path);
  const target = path.join(parent, slugUsername(username));
  if (target !== folder.path) {
    try {
      await rename(folder.path, target);
    } catch (error) {
      if (isOccupied(error)) throw usernameTaken(username, undefined);
      throw error;
    }
    await syncFolder(parent);
  }
  return await writeRecord({ path: target, record: { ...folder.record, username } });
}

/** Takes the recovery words out of session.json and its previous generation: they are kept elsewhere from now on. */
export async function removeStoredWords(folder: IdentityFolder): Promise<IdentityFolder> {
  const { mnemonic: _words, ...record } = folder.record;
  const text = formatRecord(record);
  // In this order: while session.json has the words, the next start does it again, whatever ended this one in between.
  for (const name of [PREVIOUS_FILE, FILE]) {
    await writePrivateFile(path.join(folder.path, name), text);
  }
  return { path: folder.path, record };
}

/**
 * Puts the words of an identity into session.json, when they were kept elsewhere and nobody has them there any more.
 *
 * @param words - Those of this identity, from somebody who has them: they are a backup.
 */
export async function storeMissingWords(
  folder: IdentityFolder,
  words: SecretText,
  at: Date,
): Promise<IdentityFolder> {
  if (folder.record.mnemonic !== undefined) return folder;
  const record = { ...folder.record, mnemonic: words.reveal() };
  return await confirmBackup({ ...folder, record }, at);
}

/** Whether the words are known to exist outside this machine's session.json. */
export function isBackupConfirmed(record: IdentityRecord): boolean {
  return record.mnemonic === undefined || record.backupConfirmedAt !== undefined;
}

/** Notes that the operator has the words on paper. Changes nothing else, and may be done while the account runs. */
export async function confirmBackup(
  folder: IdentityFolder,
  confirmedAt: Date,
): Promise<IdentityFolder> {
  const record = { ...folder.record, backupConfirmedAt: confirmedAt.toISOString() };
  return await writeRecord({ ...folder, record: { ...record, version: versionOf(record) } });
}

/** Where session.json of a folder is. For messages to the operator. */
export function sessionFile(folder: IdentityFolder): string {
  return path.join(folder.path, FILE);
}

/** Where an operator may move a folder so that it is kept, backed up, and not found any more. */
export function setAsidePath(folder: Pick<IdentityFolder, "path">): string {
  return path.join(path.dirname(folder.path), `.kept-${path.basename(folder.path)}`);
}

/**
 * Moves a folder to where it is kept and not found any more. Call it under the identity's lock: a running gateway would go
 * on writing into it.
 *
 * @returns Where it is now.
 */
export async function setIdentityAside(folder: IdentityFolder, at: Date): Promise<string> {
  const target = `${setAsidePath(folder)}-${at.toISOString().replaceAll(/[:.]/g, "-")}`;
  await rename(folder.path, target);
  await syncFolder(path.dirname(target));
  return target;
}

async function writeRecord(folder: IdentityFolder): Promise<IdentityFolder> {
  const file = path.join(folder.path, FILE);
  const current = await readPrivateFile(file, MAX_FILE_BYTES);
  const next = formatRecord(folder.record);
  if (current === next) return folder;
  if (current !== undefined) {
    await writePrivateFile(path.join(folder.path, PREVIOUS_FILE), current);
  }
  await writePrivateFile(file, next);
  return folder;
}

async function loadRecord(
  folder: string,
  { channelId }: ChannelHome,
  purpose: ReadPurpose,
): Promise<IdentityRecord | undefined> {
  const names = await listNames(folder);
  if (names === undefined || names.length === 0) return undefined;
  await (purpose === "use" ? ensurePrivateFolder(folder) : assertOwnFolder(folder));
  const file = path.join(folder, FILE);
  const text = await readPrivateFile(file, MAX_FILE_BYTES, purpose);
  if (text === undefined) {
    throw await unreadable(
      folder,
      purpose,
      `it is missing, although ${folder} holds ${names.length} files`,
    );
  }
  const parsed = tryParseJson(text);
  if (parsed === undefined) throw await unreadable(folder, purpose, "it is cut short or not JSON");
  if (isNewer(parsed)) {
    throw new ChannelKitError(
      "identity_newer",
      `${file} was written by a newer version of this plugin. Nothing was changed; ` +
        `update the plugin: openclaw plugins update ${channelId}`,
    );
  }
  const record = IdentityRecordSchema.safeParse(parsed);
  if (!record.success)
    throw await unreadable(folder, purpose, "it is not a session file of version 1 or 2");
  return record.data;
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNewer(parsed: unknown): boolean {
  const version = z.object({ version: z.number() }).safeParse(parsed);
  return version.success && version.data.version > VERSION;
}

function versionOf(record: Pick<IdentityRecord, "backupConfirmedAt">): 1 | 2 {
  return record.backupConfirmedAt === undefined ? 1 : VERSION;
}

function formatRecord(record: IdentityRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

async function unreadable(
  folder: string,
  purpose: ReadPurpose,
  reason: string,
): Promise<ChannelKitError> {
  const file = path.join(folder, FILE);
  const previous = path.join(folder, PREVIOUS_FILE);
  const text = await readPrivateFile(previous, MAX_FILE_BYTES, purpose).catch(() => undefined);
  const isIntact = IdentityRecordSchema.safeParse(tryParseJson(text ?? "")).success;
  const next = isIntact
    ? `its previous generation is intact: cp -p '${previous}' '${file}'`
    : `put ${FILE} back from your backup`;
  return new ChannelKitError(
    "identity_unreadable",
    `cannot use ${file}: ${reason}. No new identity was made and nothing was changed; ${next}`,
  );
}

function usernameTaken(username: string, owner: IdentityRecord | undefined): ChannelKitError {
  const by = owner === undefined ? "another account" : `account "${owner.accountId}"`;
  return new ChannelKitError(
    "username_taken",
    `the folder of username "${slugUsername(username)}" belongs to ${by}. ` +
      "Give each account of the channel its own username.",
  );
}

/** Names in a folder; undefined when there is no such folder. */
async function listNames(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function listFolders(parent: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(parent, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => path.join(parent, entry.name));
}

/** A crash before the rename leaves an identity that nobody ever saw. Young ones may belong to a start under way. */
async function removeUnfinished(parent: string): Promise<void> {
  for (const name of (await listNames(parent)) ?? []) {
    if (!name.startsWith(UNFINISHED_PREFIX)) continue;
    const folder = path.join(parent, name);
    const stats = await stat(folder).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs > UNFINISHED_AGE_MS) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function isOccupied(error: unknown): boolean {
  return ["ENOTEMPTY", "EEXIST", "EPERM", "ENOTDIR"].some((code) => hasCode(error, code));
}
