// What a file is, by its bytes. What its sender says counts for kinds that nothing interprets.
import { detectMime, normalizeMimeType } from "openclaw/plugin-sdk/media-mime";

const UNKNOWN = "application/octet-stream";
/** Kinds without a mark in their bytes, which only ever become text. */
const BY_WORD: ReadonlySet<string> = new Set([
  "text/plain",
  "text/csv",
  "text/markdown",
  "application/json",
]);

/**
 * @param declared - The sender's word.
 * @returns A media type: never a picture, a sound or a film on somebody's word alone, and nothing that can hold scripts.
 */
export async function resolveFileType(
  bytes: Uint8Array,
  declared: string | undefined,
): Promise<string> {
  const found = normalizeMimeType(await detectMime({ buffer: Buffer.from(bytes) }));
  if (found !== undefined && found !== UNKNOWN) {
    return /(?:svg|html|xml)/u.test(found) ? UNKNOWN : found;
  }
  const word = normalizeMimeType(declared);
  return word !== undefined && BY_WORD.has(word) && isText(bytes) ? word : UNKNOWN;
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(bytes).includes("\0");
  } catch {
    return false;
  }
}
