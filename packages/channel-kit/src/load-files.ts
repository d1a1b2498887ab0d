// Files of people who may be heard, as the agent gets them: opened, bounded, and stored by OpenClaw under a name that the
// sender has no part in.
import type { ChannelInboundMediaInput } from "openclaw/plugin-sdk/channel-inbound";
import { ChannelKitError, readCode } from "./errors.ts";
import { resolveFileType } from "./file-type.ts";
import type { StoredFile, StoredFiles } from "./stored-files.ts";

/** Files of one turn that are opened; the agent hears of the others. */
const MAX_FILES = 10;

/** Stores bytes as OpenClaw's media. */
export type SaveFile = (
  bytes: Uint8Array,
  options: { readonly contentType: string; readonly folder: string; readonly maxBytes: number },
) => Promise<{ readonly path: string; readonly contentType?: string }>;

/** A file that belongs to a message, and how its bytes are had. */
export interface WantedFile {
  /** The same for every attempt of a turn. */
  readonly key: string;
  readonly messageId: string;
  /** The sender's own word, cleaned: for eyes. */
  readonly name: string | undefined;
  /** See {@link mediaFolderOf}. */
  readonly folder: string;
  /** @throws Error; ChannelKitError `file_too_large` for more bytes than that. */
  readonly open: (
    maxBytes: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly type: string | undefined }>;
}

export interface LoadOptions {
  readonly channelId: string;
  readonly save: SaveFile;
  /** What earlier attempts of the same turn have stored. */
  readonly stored: StoredFiles;
  readonly maxBytes: () => number;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

export interface LoadedFiles {
  readonly media: readonly ChannelInboundMediaInput[];
  /** What the agent has to know of files that it does not get. */
  readonly notices: readonly string[];
}

/** Loads what belongs to the messages of one turn, in order. A file that cannot be had is a notice, and no reason to fail. */
export async function loadFiles(
  wanted: readonly WantedFile[],
  options: LoadOptions,
): Promise<LoadedFiles> {
  const media: ChannelInboundMediaInput[] = [];
  const notices: string[] = [];
  for (const file of wanted.slice(0, MAX_FILES)) {
    try {
      const known = await options.stored.find(file.key);
      // One after the other: their bytes are in memory.
      const loaded = known ?? (await load(file, options));
      options.stored.note(file.key, loaded);
      media.push(loaded);
    } catch (error) {
      options.signal.throwIfAborted();
      options.onError(error);
      const reason = readCode(error) === "file_too_large" ? "too large" : "could not be opened";
      notices.push(`[a file of the sender is missing here: ${reason}]`);
    }
  }
  if (wanted.length > MAX_FILES) {
    notices.push(`[${wanted.length - MAX_FILES} more files of the sender are missing here]`);
  }
  return { media, notices };
}

async function load(
  { folder, messageId, name, open }: WantedFile,
  { channelId, maxBytes, save }: LoadOptions,
): Promise<StoredFile> {
  const limit = maxBytes();
  const { bytes, type } = await open(limit);
  if (bytes.length > limit) {
    throw new ChannelKitError("file_too_large", `${channelId}: a file is too large`);
  }
  const contentType = await resolveFileType(bytes, type);
  const saved = await save(bytes, { contentType, folder, maxBytes: limit });
  return {
    path: saved.path,
    contentType: saved.contentType ?? contentType,
    messageId,
    ...(name === undefined ? {} : { fileName: name }),
  };
}
