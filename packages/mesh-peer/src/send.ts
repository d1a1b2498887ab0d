import { type OutgoingRequest, postMessage } from "./api-client.ts";
import { loadApiAccess } from "./api-files.ts";
import { MeshCommandError } from "./errors.ts";

/** What a message holds at most, and a byte more to see that there is more. */
const MAX_TEXT_BYTES = 65_536;

export interface SendArguments {
  /** A channel, or `@` and the id of a peer. */
  readonly target: string;
  /** From `input` when undefined or `-`. */
  readonly text: string | undefined;
  /** The same key twice is one message. */
  readonly key: string | undefined;
}

/**
 * Sends by the peer that runs with this folder.
 *
 * @returns What to tell: the id of the message, which is on that peer's disk then.
 * @throws MeshCommandError `usage` | `not_running` | `unusable_file` | `refused`.
 */
export async function send(
  folder: string,
  { target, text, key }: SendArguments,
  input: AsyncIterable<Uint8Array>,
): Promise<string> {
  const access = loadApiAccess(folder);
  const body = text === undefined || text === "-" ? await readAll(input) : text;
  const id = await postMessage(access, {
    ...addressOf(target),
    body,
    ...(key !== undefined && { key }),
  });
  return id ?? "kept; it goes out when a key of its receiver is known";
}

function addressOf(target: string): Pick<OutgoingRequest, "channel" | "to"> {
  return target.startsWith("@") ? { to: target.slice(1) } : { channel: target };
}

/** The whole input without the line end that every shell command leaves behind. */
async function readAll(input: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of input) {
    size += bytes.length;
    if (size > MAX_TEXT_BYTES + 1) {
      throw new MeshCommandError(
        "usage",
        "standard input: a message has at most 64 KiB; send a file in parts",
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/u, "");
}
