// `openclaw <channel> identity`: who the bot is, where its key is, and its end.
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import type { CliAnswer, CliContext } from "./cli-io.ts";
import { ChannelKitError } from "./errors.ts";
import {
  isBackupConfirmed,
  sessionFile,
  setAsidePath,
  type IdentityFolder,
} from "./identity-file.ts";
import { acquireIdentityLock } from "./lock.ts";
import { mnemonicKey } from "./mnemonic.ts";
import { syncFolder } from "./private-file.ts";
import { requireIdentity } from "./stopped-account.ts";

export async function showIdentity(context: CliContext): Promise<CliAnswer> {
  const folder = await requireIdentity(context);
  const { accountId } = context.account;
  const key = keyLocation(folder, context);
  const backupConfirmed = isBackupConfirmed(folder.record);
  return {
    json: {
      accountId,
      userId: folder.record.userId,
      username: folder.record.username,
      createdAt: folder.record.createdAt,
      folder: folder.path,
      key,
      backupConfirmed,
    },
    lines: [
      folder.record.userId,
      `Account:  ${accountId} (username ${folder.record.username})`,
      `Key:      ${key.kind === "file" ? key.path : key.setting}`,
      `Backup:   ${backupConfirmed ? "confirmed" : `not confirmed: openclaw ${context.channel.id} backup`}`,
      `Folder:   ${folder.path}`,
    ],
  };
}

type KeyLocation =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "configuration"; readonly setting: string };

function keyLocation(folder: IdentityFolder, { account, channel }: CliContext): KeyLocation {
  if (folder.record.mnemonic !== undefined) return { kind: "file", path: sessionFile(folder) };
  return { kind: "configuration", setting: mnemonicKey(channel.id, account.accountId) };
}

/**
 * Deletes keys and conversations of an account, which nothing brings back but a backup.
 *
 * @param deleteElsewhere - Deletes what lies outside of the folder, while the folder still says what that is. Called after the
 *   confirmation, under the identity's lock; if it rejects, the identity stays.
 * @throws ChannelKitError `already_running`; `command_refused` without a backup; `cancelled`.
 */
export async function deleteIdentity(
  context: CliContext,
  deleteElsewhere: (folder: IdentityFolder) => Promise<void> = async () => undefined,
): Promise<CliAnswer> {
  const folder = await requireIdentity(context);
  const { userId } = folder.record;
  const channelId = context.channel.id;
  const lock = await acquireIdentityLock({
    channelId,
    userId,
    stateDir: context.stateDir,
    signal: new AbortController().signal,
  });
  try {
    if (!isBackupConfirmed(folder.record)) {
      throw new ChannelKitError(
        "command_refused",
        `nobody has a backup of this identity, so it is not deleted. First: openclaw ${channelId} backup ` +
          `(words on paper), or: openclaw ${channelId} backup --file FILE`,
      );
    }
    await context.confirm(
      `This deletes the identity ${userId} of account ${context.account.accountId}: its key, its conversations, and what waits.\n` +
        "People who know this id will not reach the bot any more.",
      userId,
    );
    await deleteElsewhere(folder);
    // Out of reach in one step: an interrupted deletion leaves no half identity to start from.
    const doomed = `${setAsidePath(folder)}-deleted`;
    await rm(doomed, { recursive: true, force: true });
    await rename(folder.path, doomed);
    await syncFolder(path.dirname(folder.path));
    await rm(doomed, { recursive: true, force: true });
  } finally {
    await lock.release();
  }
  return {
    json: { accountId: context.account.accountId, userId, deleted: true },
    lines: [
      `The identity ${userId} is deleted. With the account still configured, the next start makes a new one;`,
      `to remove the account: openclaw channels remove --channel ${channelId} --delete`,
      "What people wrote to the agent, and its answers, stay in OpenClaw's own sessions. With the gateway running:",
      "openclaw sessions (lists them), then: openclaw sessions delete KEY",
    ],
  };
}
