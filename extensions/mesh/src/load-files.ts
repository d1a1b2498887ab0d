// Files of peers who may be heard, as the agent gets them. What their sender said about size and hash has to be true.
import * as kit from "channel-kit/media";
import { CHANNEL_ID } from "./config-schema.ts";
import { MeshChannelError } from "./errors.ts";
import { isWhatWasSaid, type InboundFile } from "./files.ts";
import { conversationOf } from "./inbound.ts";
import type { Messages } from "./join-messages.ts";

export type { LoadedFiles } from "channel-kit/media";

export interface LoadFilesOptions extends Omit<kit.LoadOptions, "channelId"> {
  readonly accountId: string;
  readonly fetchFile: kit.FetchFile;
}

/** Loads what belongs to the messages of one turn, in order, see {@link kit.loadFiles}. */
export function loadFiles(messages: Messages, options: LoadFilesOptions): Promise<kit.LoadedFiles> {
  const { accountId } = options;
  const wanted = messages.flatMap((message): kit.WantedFile[] => {
    const { file, key, messageId } = message;
    if (file === undefined) return [];
    const conversationId = conversationOf(message);
    return [
      {
        key,
        messageId,
        name: file.name,
        folder: kit.mediaFolderOf({ channelId: CHANNEL_ID, accountId, conversationId }),
        open: (maxBytes) => open(file, maxBytes, options),
      },
    ];
  });
  return kit.loadFiles(wanted, { ...options, channelId: CHANNEL_ID });
}

async function open(
  file: InboundFile,
  maxBytes: number,
  { fetchFile, signal }: LoadFilesOptions,
): ReturnType<kit.WantedFile["open"]> {
  if ((file.size ?? 0) > maxBytes) {
    throw new MeshChannelError("file_too_large", "mesh: a file is too large");
  }
  const bytes =
    file.kind === "inline"
      ? Buffer.from(file.bytes, "base64")
      : await fetchFile(file.url, { maxBytes, signal });
  if (!isWhatWasSaid(bytes, file)) {
    throw new MeshChannelError(
      "file_refused",
      "mesh: a file has another size or hash than was said",
    );
  }
  return { bytes, type: file.mimeType };
}
