// Files of people who may be heard, as the agent gets them. Of a remote one the bytes come encrypted.
import * as kit from "channel-kit/media";
import type { ConvosConnection } from "./client.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import type { InboundFile } from "./files.ts";
import type { InboundMessage } from "./inbound.ts";
import type { Messages } from "./join-messages.ts";
import { mediaFolderOf } from "./media-store.ts";

export type { LoadedFiles } from "channel-kit/media";

/** What encryption and names add to a file. */
const SEALING_BYTES = 4096;

export interface LoadFilesOptions extends Omit<kit.LoadOptions, "channelId"> {
  readonly accountId: string;
  readonly connection: Pick<ConvosConnection, "ended" | "openFile" | "readAttachment">;
  readonly fetchFile: kit.FetchFile;
}

/** Loads what belongs to the messages of one turn, in order, see {@link kit.loadFiles}. */
export function loadFiles(messages: Messages, options: LoadFilesOptions): Promise<kit.LoadedFiles> {
  const wanted = messages.flatMap((message) =>
    (message.files ?? []).map((file, index): kit.WantedFile => ({
      key: `${message.conversationId}/${message.messageId}/${index}`,
      messageId: message.messageId,
      name: file.name,
      folder: mediaFolderOf(options.accountId, message.conversationId),
      open: (maxBytes) => open(file, message, maxBytes, options),
    })),
  );
  return kit.loadFiles(wanted, { ...options, channelId: CHANNEL_ID });
}

async function open(
  file: InboundFile,
  message: InboundMessage,
  limit: number,
  options: LoadFilesOptions,
): ReturnType<kit.WantedFile["open"]> {
  const opened = await read(file, message, limit, options);
  // What is stored after the deletion of a conversation that is over would stay.
  if (options.connection.ended().includes(message.conversationId)) {
    throw new ConvosChannelError("file_refused", "convos: the conversation of a file is over");
  }
  return opened;
}

async function read(
  file: InboundFile,
  { conversationId, messageId }: InboundMessage,
  limit: number,
  { connection, fetchFile, signal }: LoadFilesOptions,
): ReturnType<kit.WantedFile["open"]> {
  if (file.kind === "inline") {
    const bytes = await connection.readAttachment(conversationId, messageId);
    if (bytes === undefined) {
      throw new ConvosChannelError("file_refused", "convos: a file is not there any more");
    }
    return { bytes, type: file.mimeType };
  }
  if ((file.contentLength ?? 0) > limit + SEALING_BYTES) {
    throw new ConvosChannelError("file_too_large", "convos: a file is too large");
  }
  const payload = await fetchFile(file.url, { maxBytes: limit + SEALING_BYTES, signal });
  const { bytes, mimeType } = connection.openFile(payload, file);
  return { bytes, type: mimeType };
}
