import { base64urlnopad } from "@scure/base";
import { malformed } from "../errors.ts";

/** Base64url without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return base64urlnopad.encode(bytes);
}

/**
 * Bytes of a base64url text; padding at the end is let be.
 *
 * @throws ConvosError `malformed` for any other character, for a length that cannot be, and for bits left over: one
 *   text per value, so that no second spelling of an invite exists.
 */
export function decodeBase64Url(text: string): Uint8Array {
  try {
    return base64urlnopad.decode(text.replace(/={1,2}$/u, ""));
  } catch (cause) {
    throw malformed("base64url: a character or the length is wrong", cause);
  }
}
