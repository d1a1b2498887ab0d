import { blake3 } from "@noble/hashes/blake3.js";
import { copyBytes, equalBytes } from "../codec/bytes.ts";
import { BinReader, BinWriter } from "../codec/bin.ts";
import { formatMassaText, MAX_MASSA_TEXT_CHARACTERS, parseMassaText } from "../codec/massa-text.ts";
import { isKemPublicKey } from "../crypto/kem-public-key.ts";
import { DSA_PUBLIC_KEY_BYTES, KEM_PUBLIC_KEY_BYTES } from "../crypto/provider.ts";
import { GossipError, malformed } from "../errors.ts";
import { MAX_PUBLIC_KEYS_BYTES } from "../limits.ts";
import { type GossipUserId, userIdFromBytes } from "./user-id.ts";

const EVM_PUBLIC_KEY_BYTES = 33;

/** The four public keys of a person (section 3.3). */
export interface PublicKeys {
  /** ML-DSA-65, 1952 bytes. */
  readonly dsaPublicKey: Uint8Array;
  /** ML-KEM-768, 1184 bytes. */
  readonly kemPublicKey: Uint8Array;
  /** Ed25519, 32 bytes, without the version byte. */
  readonly massaPublicKey: Uint8Array;
  /** secp256k1, 33 bytes, SEC1 compressed. Part of the identity only; nothing on the wire uses it. */
  readonly evmPublicKey: Uint8Array;
}

/** Public keys together with their one canonical encoding and the id that follows from it. Never change its buffers. */
export interface PublicKeyBundle extends PublicKeys {
  readonly userId: GossipUserId;
  /** About 3,229 bytes: what is published, embedded in announcements, and hashed to the user id. */
  readonly bytes: Uint8Array;
}

/** Encodes public keys and computes the user id. The buffers are kept, not copied. */
export function encodePublicKeys(keys: PublicKeys): PublicKeyBundle {
  return bundle(keys, encode(keys));
}

/**
 * Parses a published bundle (sections 3.3 and 5.2). Only the canonical encoding of the four-key form is taken: another
 * encoding of the same keys would hash to another user id, and the three-key form of before April 2026 names another
 * person.
 *
 * @param bytes - Copied. At most 4 KiB, without trailing bytes.
 * @throws GossipError `invalid_public_keys`.
 */
export function parsePublicKeys(bytes: Uint8Array): PublicKeyBundle {
  if (bytes.length > MAX_PUBLIC_KEYS_BYTES) {
    throw new GossipError("invalid_public_keys", `public keys: ${bytes.length} bytes are too many`);
  }
  try {
    const { keys, end } = readPublicKeys(copyBytes(bytes));
    if (end !== bytes.length) throw malformed("public keys: bytes after the last key");
    return keys;
  } catch (cause) {
    if (cause instanceof GossipError && cause.code === "malformed") {
      throw new GossipError("invalid_public_keys", cause.message);
    }
    throw cause;
  }
}

/**
 * Reads a canonical bundle from the start of a buffer that may hold more.
 *
 * @param input - Kept: the keys are views of it.
 * @returns The bundle and the offset of the first byte after it.
 * @throws GossipError `malformed`.
 */
export function readPublicKeys(input: Uint8Array): { keys: PublicKeyBundle; end: number } {
  const reader = new BinReader(input);
  const keys: PublicKeys = {
    dsaPublicKey: reader.bytesOf(DSA_PUBLIC_KEY_BYTES),
    kemPublicKey: reader.bytesOf(KEM_PUBLIC_KEY_BYTES),
    massaPublicKey: parseMassaText("P", reader.text(MAX_MASSA_TEXT_CHARACTERS)),
    evmPublicKey: reader.bytesOf(EVM_PUBLIC_KEY_BYTES),
  };
  if (!isKemPublicKey(keys.kemPublicKey)) throw malformed("public keys: ML-KEM key out of range");
  const parity = keys.evmPublicKey[0];
  if (parity !== 2 && parity !== 3) throw malformed("public keys: not a compressed secp256k1 key");
  const end = input.length - reader.remaining;
  const bytes = input.subarray(0, end);
  if (!equalBytes(encode(keys), bytes)) throw malformed("public keys: not the canonical encoding");
  return { keys: bundle(keys, bytes), end };
}

function encode(keys: PublicKeys): Uint8Array {
  return new BinWriter()
    .bytes(keys.dsaPublicKey)
    .bytes(keys.kemPublicKey)
    .text(formatMassaText("P", keys.massaPublicKey))
    .bytes(keys.evmPublicKey)
    .finish();
}

function bundle(keys: PublicKeys, bytes: Uint8Array): PublicKeyBundle {
  return { ...keys, bytes, userId: userIdFromBytes(blake3(bytes)) };
}
