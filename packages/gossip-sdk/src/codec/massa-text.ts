import { createBase58check } from "@scure/base";
import { sha256 } from "@noble/hashes/sha2.js";
import { malformed } from "../errors.ts";

const base58check = createBase58check(sha256);

/** Longest text of a 33-byte payload with its 4-byte checksum, with the letter before it. */
export const MAX_MASSA_TEXT_CHARACTERS = 53;

const VERSION = 0;
const KEY_BYTES = 32;

/** What a Massa text holds, by its first letter: a public key or a secret seed. */
export type MassaTextKind = "P" | "S";

/** Text form of an Ed25519 key: letter, then Base58Check of version 0 and the 32 bytes (section 3.2). */
export function formatMassaText(kind: MassaTextKind, key: Uint8Array): string {
  const payload = new Uint8Array(1 + KEY_BYTES);
  payload.set(key, 1);
  return kind + base58check.encode(payload);
}

/**
 * The 32 bytes behind a Massa text.
 *
 * @throws GossipError `malformed` for another letter, alphabet, checksum, version or length.
 */
export function parseMassaText(kind: MassaTextKind, text: string): Uint8Array {
  if (text.length > MAX_MASSA_TEXT_CHARACTERS || !text.startsWith(kind)) {
    throw malformed(
      `massa text: expected ${kind} and at most ${MAX_MASSA_TEXT_CHARACTERS} characters`,
    );
  }
  const payload = decode(text.slice(1));
  if (payload.length !== 1 + KEY_BYTES) {
    throw malformed(`massa text: expected 33 bytes, got ${payload.length}`);
  }
  if (payload[0] !== VERSION) throw malformed("massa text: unknown version");
  return payload.subarray(1);
}

function decode(text: string): Uint8Array {
  try {
    return base58check.decode(text);
  } catch {
    // The error of the decoder may quote the text, which can be a secret: it is not kept as cause.
    throw malformed("massa text: not Base58Check");
  }
}
