/** Standard Base64 with padding (docs/protocol/gossip.md section 9). */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Bytes of a canonical Base64 text of at most `maxBytes`; undefined for anything else. */
export function tryDecodeBase64(text: string, maxBytes: number): Uint8Array | undefined {
  if (text.length > Math.ceil(maxBytes / 3) * 4) return undefined;
  const buffer = Buffer.from(text, "base64");
  // Node skips what is not Base64, so only a text that encodes back to itself is taken.
  if (buffer.length > maxBytes || buffer.toString("base64") !== text) return undefined;
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
