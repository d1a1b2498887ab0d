import { base64urlnopad } from "@scure/base";
import { MeshError } from "../errors.ts";

/** Base64url without padding of a raw Ed25519 public key (section 1.3). */
const PEER_ID = /^[A-Za-z0-9_-]{43}$/;
const PUBLIC_KEY_BYTES = 32;

/** The id of a raw public key of 32 bytes. @throws MeshError `invalid_key`. */
export function peerIdOf(publicKey: Uint8Array): string {
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw new MeshError("invalid_key", `public key: expected 32 bytes, got ${publicKey.length}`);
  }
  return base64urlnopad.encode(publicKey);
}

/** The raw public key that an id is made of; undefined for a name that is no key. Never throws. */
export function tryReadPeerId(text: string): Uint8Array | undefined {
  if (!PEER_ID.test(text)) return undefined;
  try {
    const publicKey = base64urlnopad.decode(text);
    // One key has one id: the last character has two bits that do not count.
    return base64urlnopad.encode(publicKey) === text ? publicKey : undefined;
  } catch {
    return undefined;
  }
}
