// `openclaw gossip identity` and `invite`: who the bot is, how people find it, and its end.
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import {
  type IdentityFolder,
  isBackupConfirmed,
  sessionFile,
  setAsidePath,
  syncFolder,
  writePrivateFile,
} from "channel-kit";
import { canShowQr } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { renderQrPngBase64, renderQrTerminal } from "openclaw/plugin-sdk/media-runtime";
import { createCliContext, type CliAnswer, type CliContext } from "./cli-io.ts";
import { inviteLink } from "./client-invite.ts";
import { GossipChannelError } from "./errors.ts";
import { acquireIdentityLock } from "./lock.ts";
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
      `Backup:   ${backupConfirmed ? "confirmed" : "not confirmed: openclaw gossip backup"}`,
      `Folder:   ${folder.path}`,
    ],
  };
}

type KeyLocation =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "configuration"; readonly setting: string };

function keyLocation(folder: IdentityFolder, { account }: CliContext): KeyLocation {
  if (folder.record.mnemonic !== undefined) return { kind: "file", path: sessionFile(folder) };
  const { accountId } = account;
  const prefix = accountId === "default" ? "" : `accounts.${accountId}.`;
  return { kind: "configuration", setting: `channels.gossip.${prefix}mnemonic` };
}

/** The link and code that a phone scans. They hold the public id and nothing else. */
export async function showInvite(
  context: CliContext,
  options: { readonly png?: string },
): Promise<CliAnswer> {
  const { record } = await requireIdentity(context);
  const link = inviteLink(record.userId);
  const { terminal } = context;
  const screen = terminal && { columns: terminal.output.columns, plain: terminal.plain };
  const png = options.png === undefined ? undefined : path.resolve(options.png);
  if (png !== undefined) {
    await writePrivateFile(png, Buffer.from(await renderQrPngBase64(link), "base64"));
  }
  return {
    json: { userId: record.userId, link, ...(png === undefined ? {} : { png }) },
    lines: [
      ...(canShowQr(screen, process.env) ? [await renderQrTerminal(link, { small: true })] : []),
      link,
      "In the Gossip app: New contact, then scan the code or paste the link.",
      ...(png === undefined ? [] : [`Picture of the code: ${png}`]),
    ],
  };
}

/** For `openclaw channels login`: the link and code again. */
export async function printInvite(
  cfg: OpenClawConfig,
  accountId: string | null | undefined,
  print: (line: string) => void,
): Promise<void> {
  const { lines } = await showInvite(createCliContext(cfg, accountId ?? undefined), {});
  for (const line of lines) print(line);
}

/**
 * Deletes keys and conversations of an account, which nothing brings back but a backup.
 *
 * @throws GossipChannelError `already_running`; `command_refused` without a backup; `cancelled`.
 */
export async function deleteIdentity(context: CliContext): Promise<CliAnswer> {
  const folder = await requireIdentity(context);
  const { userId } = folder.record;
  const lock = await acquireIdentityLock({
    userId,
    stateDir: context.stateDir,
    signal: new AbortController().signal,
  });
  try {
    if (!isBackupConfirmed(folder.record)) {
      throw new GossipChannelError(
        "command_refused",
        "gossip: nobody has a backup of this identity, so it is not deleted. First: openclaw gossip backup " +
          "(words on paper), or: openclaw gossip backup --file FILE",
      );
    }
    await context.confirm(
      `This deletes the identity ${userId} of account ${context.account.accountId}: its key, its conversations, and what waits.\n` +
        "People who know this id will not reach the bot any more.",
      userId,
    );
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
      "to remove the account: openclaw channels remove --channel gossip --delete",
    ],
  };
}
