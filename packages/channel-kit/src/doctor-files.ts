// Findings that the account's folder shows. Reading changes nothing: opening an identity for use would close it to others.
import { constants, type Stats } from "node:fs";
import { chmod, lstat, open, readdir } from "node:fs/promises";
import path from "node:path";
import type { ChannelAccount } from "./account-channel.ts";
import type { Finding } from "./doctor-finding.ts";
import { isBackupConfirmed, parseIdentityRecord, type IdentityRecord } from "./identity-file.ts";
import { channelFolder, type ChannelHome } from "./identity-path.ts";
import { findForeignHolder } from "./lock.ts";
import { hasCode } from "./private-file.ts";

const SESSION_FILE = "session.json";
const MAX_FILE_BYTES = 16 * 1024;
const OTHERS = 0o077;

export async function inspectFiles(
  home: ChannelHome,
  account: Pick<ChannelAccount, "accountId" | "mnemonic">,
): Promise<Finding[]> {
  const { accountId } = account;
  const findings: Finding[] = [];
  const exposed = await listOpen(home);
  if (exposed.length > 0) {
    findings.push({
      id: `${home.channelId}.perms`,
      accountId,
      message: `${exposed.length} files or folders below ${channelFolder(home)} may be read by others of this machine.`,
      fix: "openclaw doctor --fix",
    });
  }
  const record = await peekRecord(home, accountId);
  if (record === undefined) return findings;
  // A phrase in the configuration is kept by whoever put it there.
  if (account.mnemonic.kind === "generated" && !isBackupConfirmed(record)) {
    findings.push({
      id: `${home.channelId}.backup-unconfirmed`,
      accountId,
      message: "nobody has the recovery words on paper; with this disk the bot's identity is lost.",
      fix: `openclaw ${home.channelId} backup`,
    });
  }
  const holder = await findForeignHolder({ ...home, userId: record.userId });
  if (holder !== undefined) {
    findings.push({
      id: `${home.channelId}.lock-held`,
      accountId,
      message: `process ${holder.pid} on ${holder.host} uses this identity from ${holder.stateDir}; two at once break its sessions.`,
      fix: "stop that gateway: openclaw gateway stop",
    });
  }
  return findings;
}

/** Closes everything of ours to others. @returns What was changed, for doctor. */
export async function closeToOthers(home: ChannelHome): Promise<string[]> {
  const exposed = await listOpen(home);
  for (const { file, isFolder } of exposed) await chmod(file, isFolder ? 0o700 : 0o600);
  return exposed.length === 0
    ? []
    : [`- ${home.channelId}.perms: closed ${exposed.length} files or folders to others.`];
}

interface OpenEntry {
  readonly file: string;
  readonly isFolder: boolean;
}

/** Files and folders of this user that others may enter or read; links are left alone. */
async function listOpen(home: ChannelHome): Promise<OpenEntry[]> {
  const root = channelFolder(home);
  const found: OpenEntry[] = [];
  const visit = async (file: string): Promise<void> => {
    const stats = await statOwn(file);
    if (stats === undefined) return;
    const isFolder = stats.isDirectory();
    if ((stats.mode & OTHERS) !== 0) found.push({ file, isFolder });
    if (!isFolder) return;
    for (const name of await readdir(file)) await visit(path.join(file, name));
  };
  if (process.platform !== "win32") await visit(root);
  return found;
}

async function statOwn(file: string): Promise<Stats | undefined> {
  try {
    const stats = await lstat(file);
    const isOurs = process.getuid === undefined || stats.uid === process.getuid();
    return isOurs && (stats.isFile() || stats.isDirectory()) ? stats : undefined;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** The record of an account, wherever its folder is; undefined when there is none that can be read. */
async function peekRecord(
  home: ChannelHome,
  accountId: string,
): Promise<IdentityRecord | undefined> {
  const root = channelFolder(home);
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter((each) => !each.startsWith("."))) {
    const record = parseIdentityRecord(await peek(path.join(root, name, SESSION_FILE)));
    if (record?.accountId === accountId) return record;
  }
  return undefined;
}

async function peek(file: string): Promise<string> {
  try {
    const handle = await open(
      file,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      const { size } = await handle.stat();
      return size > MAX_FILE_BYTES ? "" : await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch {
    // What cannot be read keeps the account from starting, which says why in its own words.
    return "";
  }
}
