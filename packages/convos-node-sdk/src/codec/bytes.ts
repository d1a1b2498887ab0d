import { malformed } from "../errors.ts";

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The parts, one after the other, in a buffer of their own. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A copy as a plain Uint8Array. Not `slice`: on a Buffer, which is a Uint8Array too, that gives a view. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Whether both hold the same bytes. Not constant-time: for public values. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** UTF-8 of a text. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Text of UTF-8 bytes.
 *
 * @throws ConvosError `malformed` when they are not UTF-8; nothing is replaced by U+FFFD, so what we show is what was sent.
 */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw malformed("text: not UTF-8", cause);
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** Bytes of hexadecimal in either case, without prefix. Undefined for anything else. */
export function tryFromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/u.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, "hex"));
}
