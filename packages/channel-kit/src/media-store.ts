// Files of people in OpenClaw's media store, as far as they are ours: how large, where, and away with them.
import { createHash } from "node:crypto";
import { access, rm } from "node:fs/promises";
import path from "node:path";
import { resolveChannelMediaMaxBytes } from "openclaw/plugin-sdk/account-helpers";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { saveMediaBuffer } from "openclaw/plugin-sdk/media-store";
import type { SaveFile } from "./load-files.ts";

const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** All of a file is in memory while it is opened. */
const MOST_BYTES = 25 * 1024 * 1024;
const FOLDER_CHARACTERS = 24;

/** Whose files. */
export interface MediaPlace {
  readonly channelId: string;
  readonly accountId: string;
  readonly conversationId: string;
}

/** Where files of a conversation lie in OpenClaw's media store: one folder each, so that they can go together. */
export function mediaFolderOf({ accountId, channelId, conversationId }: MediaPlace): string {
  const tag = createHash("sha256").update(`${accountId}/${conversationId}`).digest("hex");
  return `inbound/${channelId}-${tag.slice(0, FOLDER_CHARACTERS)}`;
}

/** The largest file that is taken: `agents.defaults.mediaMaxMb` of the host, or 16 MiB; never more than 25 MiB. */
export function readFileLimit(cfg: OpenClawConfig, accountId: string): number {
  const configured = resolveChannelMediaMaxBytes({
    cfg,
    accountId,
    resolveChannelLimitMb: () => undefined,
  });
  return Math.min(configured ?? DEFAULT_MAX_BYTES, MOST_BYTES);
}

/** The name is made by the host; the sender's own is no part of it. */
export const saveFile: SaveFile = (bytes, { contentType, folder, maxBytes }) =>
  saveMediaBuffer(Buffer.from(bytes), contentType, folder, maxBytes);

/** Whether a stored file is still there: OpenClaw deletes old ones. */
export async function isStored(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

/** Deletes every file that people of a conversation sent. */
export async function deleteFiles(stateDir: string, place: MediaPlace): Promise<void> {
  const folder = path.join(stateDir, "media", mediaFolderOf(place));
  await rm(folder, { recursive: true, force: true });
}
