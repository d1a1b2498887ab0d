import { blake3 } from "@noble/hashes/blake3.js";
import { deriveSeekerSeed } from "../crypto/kdf.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";

/** Length of an address on the message board. */
export const SEEKER_BYTES = 34;

const HASH_LENGTH = 0x20;
const SUFFIX = 0x01;
const KEY_VERSION = 0x00;

/** The Ed25519 key behind one address of the message board, with the address itself (section 6.2). */
export interface SeekerKey {
  readonly secret: SecretBytes;
  readonly publicKey: Uint8Array;
  readonly seeker: Uint8Array;
}

/** The address of a seeker public key: 0x20, BLAKE3 of version 0 and the key, 0x01. */
export function seekerOf(publicKey: Uint8Array): Uint8Array {
  const versioned = new Uint8Array(1 + publicKey.length);
  versioned[0] = KEY_VERSION;
  versioned.set(publicKey, 1);
  const seeker = new Uint8Array(SEEKER_BYTES);
  seeker[0] = HASH_LENGTH;
  seeker.set(blake3(versioned), 1);
  seeker[SEEKER_BYTES - 1] = SUFFIX;
  return seeker;
}

/** Whether bytes have the form of an address: 34 bytes, framed as {@link seekerOf} does. */
export function isSeeker(bytes: Uint8Array): boolean {
  return (
    bytes.length === SEEKER_BYTES && bytes[0] === HASH_LENGTH && bytes[SEEKER_BYTES - 1] === SUFFIX
  );
}

/** Completes a seeker key whose public half is known already. */
export function seekerKey(secret: SecretBytes, publicKey: Uint8Array): SeekerKey {
  return { secret, publicKey, seeker: seekerOf(publicKey) };
}

/** The seeker key of an Ed25519 seed. */
export function seekerKeyFromSecret(secret: SecretBytes, crypto: CryptoProvider): SeekerKey {
  return seekerKey(secret, crypto.ed25519PublicKey(secret));
}

/** First seeker key of one direction of a session; the seed of whoever sends with it comes first (section 6.1). */
export function firstSeekerKey(
  senderSeed: SecretBytes,
  receiverSeed: SecretBytes,
  crypto: CryptoProvider,
): SeekerKey {
  const seed = deriveSeekerSeed(senderSeed.reveal(), receiverSeed.reveal(), crypto);
  return seekerKeyFromSecret(SecretBytes.consume(seed), crypto);
}
