// Findings that the account's folder shows. Reading changes nothing: opening an identity for use would close it to others.
import type { Stats } from "node:fs";
import { chmod, lstat, readdir } from "node:fs/promises";
import path from "node:path";
import type { ChannelAccount } from "./account-channel.ts";
import type { Finding } from "./doctor-finding.ts";
import type { ChannelKitErrorCode } from "./errors.ts";
import {
  isBackupConfirmed,
  lookForIdentity,
  setAsidePath,
  type IdentityTrouble,
} from "./identity-file.ts";
import { channelFolder, type ChannelHome } from "./identity-path.ts";
import { findForeignHolder } from "./lock.ts";
import { hasCode } from "./private-file.ts";

const OTHERS = 0o077;

export async function inspectFiles(
  home: ChannelHome,
  account: Pick<ChannelAccount, "accountId" | "mnemonic" | "username">,
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
  const found = await lookForIdentity(home, account);
  if (found === undefined) return findings;
  if ("trouble" in found) return [...findings, describeTrouble(home, accountId, found)];
  const { record } = found;
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

/** The next step for an identity that keeps its account from starting; what and why says the error itself. */
const MENDERS: Partial<
  Record<ChannelKitErrorCode, (home: ChannelHome, found: IdentityTrouble) => string>
> = {
  identity_unreadable: ({ channelId }, found) =>
    `put session.json back from a backup. With the recovery words alone: mv '${found.path}' '${setAsidePath(found)}', ` +
    `then openclaw ${channelId} restore`,
  identity_newer: ({ channelId }) => `openclaw plugins update ${channelId}`,
  username_taken: ({ channelId }) => `openclaw config get channels.${channelId}`,
};

function describeTrouble(home: ChannelHome, accountId: string, found: IdentityTrouble): Finding {
  const { code, message } = found.trouble;
  const mend = MENDERS[code];
  return {
    id: `${home.channelId}.${code.replaceAll("_", "-")}`,
    accountId,
    message: `the account does not start: ${message.replace(/\.?$/, ".")}`,
    fix: mend?.(home, found) ?? "openclaw gateway restart, once that is done",
  };
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
