// Files of people who may be heard, as the agent gets them: opened, bounded, and stored by OpenClaw under a name that the
// sender has no part in.
import { createHash } from "node:crypto";
import type { ChannelInboundMediaInput } from "openclaw/plugin-sdk/channel-inbound";
import type { ConvosConnection } from "./client.ts";
import { ConvosChannelError, readCode } from "./errors.ts";
import type { FetchFile } from "./fetch-file.ts";
import { resolveFileType } from "./file-type.ts";
import type { InboundFile } from "./files.ts";
import type { InboundMessage } from "./inbound.ts";
import type { Messages } from "./join-messages.ts";
import type { StoredFile, StoredFiles } from "./stored-files.ts";

/** Files of one turn that are opened; the agent hears of the others. */
const MAX_FILES = 10;
/** What encryption and names add to a file. */
const SEALING_BYTES = 4096;
const FOLDER_CHARACTERS = 24;

/** Where files of a conversation lie in OpenClaw's media store: one folder each, so that they can go together. */
export function mediaFolderOf(accountId: string, conversationId: string): string {
  const tag = createHash("sha256").update(`${accountId}/${conversationId}`).digest("hex");
  return `inbound/convos-${tag.slice(0, FOLDER_CHARACTERS)}`;
}

/** Stores bytes as OpenClaw's media. */
export type SaveFile = (
  bytes: Uint8Array,
  options: { readonly contentType: string; readonly folder: string; readonly maxBytes: number },
) => Promise<{ readonly path: string; readonly contentType?: string }>;

export interface LoadFilesOptions {
  readonly accountId: string;
  readonly connection: Pick<ConvosConnection, "openFile" | "readAttachment">;
  readonly fetchFile: FetchFile;
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
  messages: Messages,
  options: LoadFilesOptions,
): Promise<LoadedFiles> {
  const wanted = messages.flatMap((message) =>
    (message.files ?? []).map((file, index) => ({ message, file, index })),
  );
  const media: ChannelInboundMediaInput[] = [];
  const notices: string[] = [];
  for (const { file, index, message } of wanted.slice(0, MAX_FILES)) {
    const key = `${message.conversationId}/${message.messageId}/${index}`;
    try {
      const known = await options.stored.find(key);
      // One after the other: their bytes are in memory.
      const loaded = known ?? (await load(file, message, options));
      options.stored.note(key, loaded);
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
  file: InboundFile,
  { conversationId, messageId }: InboundMessage,
  { accountId, connection, fetchFile, maxBytes, save, signal }: LoadFilesOptions,
): Promise<StoredFile> {
  const limit = maxBytes();
  const opened =
    file.kind === "inline"
      ? { bytes: await connection.readAttachment(conversationId, messageId), type: file.mimeType }
      : await (async () => {
          if ((file.contentLength ?? 0) > limit + SEALING_BYTES) throw tooLarge();
          const payload = await fetchFile(file.url, { maxBytes: limit + SEALING_BYTES, signal });
          const { bytes, mimeType } = connection.openFile(payload, file);
          return { bytes, type: mimeType };
        })();
  const { bytes, type } = opened;
  if (bytes === undefined) {
    throw new ConvosChannelError("file_refused", "convos: a file is not there any more");
  }
  if (bytes.length > limit) throw tooLarge();
  const contentType = await resolveFileType(bytes, type);
  const folder = mediaFolderOf(accountId, conversationId);
  const saved = await save(bytes, { contentType, folder, maxBytes: limit });
  return {
    path: saved.path,
    contentType: saved.contentType ?? contentType,
    messageId,
    ...(file.name === undefined ? {} : { fileName: file.name }),
  };
}

function tooLarge(): ConvosChannelError {
  return new ConvosChannelError("file_too_large", "convos: a file is too large");
}
