import type { ReadableStream } from "node:stream/web";

/** More than any event has; a stream that is longer without an end of line is not ours. */
const MAX_LINE_LENGTH = 4_194_304;

/**
 * Reads the parts of the format that our API writes: blocks end with an empty line, data stands on one line.
 *
 * @returns The data of each block; empty for comments and heartbeats.
 */
export async function* readEventBlocks(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<string> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  let data = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) throw new RangeError("a line of the stream is too long");
    for (const line of lines) {
      if (line.startsWith("data: ")) data += line.slice("data: ".length);
      if (line !== "") continue;
      yield data;
      data = "";
    }
  }
}
