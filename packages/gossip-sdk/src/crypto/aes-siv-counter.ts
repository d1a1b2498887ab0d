import { copyBytes } from "../codec/bytes.ts";
import { AES_SIV_TAG_BYTES } from "./provider.ts";

/** First counter block of SIV's counter mode: the tag with two bits cleared (RFC 5297 section 2.5). */
export function sivCounter(tag: Uint8Array): Uint8Array {
  const counter = copyBytes(tag, 0, AES_SIV_TAG_BYTES);
  counter[8]! &= 0x7f;
  counter[12]! &= 0x7f;
  return counter;
}
