import { malformed } from "../errors.ts";
import { concatBytes, utf8Bytes, utf8Text } from "./bytes.ts";

const LENGTH_BYTES = 4;

/** Massa "Args" strings: for each text u32 little-endian byte length, then its UTF-8 (section 5.3). */
export function encodeArgs(texts: readonly string[]): Uint8Array {
  return concatBytes(
    ...texts.flatMap((text) => {
      const bytes = utf8Bytes(text);
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, bytes.length, true);
      return [length, bytes];
    }),
  );
}

/**
 * Reads `count` Args strings from the start; bytes after them are let be.
 *
 * @throws GossipError `malformed`.
 */
export function decodeArgs(bytes: Uint8Array, count: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let offset = 0;
  while (texts.length < count) {
    if (bytes.length - offset < LENGTH_BYTES) throw malformed("args: input ends too early");
    const length = view.getUint32(offset, true);
    offset += LENGTH_BYTES;
    if (bytes.length - offset < length) throw malformed("args: input ends too early");
    texts.push(utf8Text(bytes.subarray(offset, offset + length)));
    offset += length;
  }
  return texts;
}
