import { ed25519 } from "@noble/curves/ed25519.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { createBase58check } from "@scure/base";

/** A value and the address it belongs to: signed as docs/protocol/gossip.md section 6.3 says, around any bytes. */
export function createBoardValue(inner: Uint8Array = randomBytes(3_600)): {
  seeker: Uint8Array;
  value: Uint8Array;
  /** Another value that the same key signs. */
  signAlso: (inner: Uint8Array) => Uint8Array;
} {
  const seed = randomBytes(32);
  const publicKey = ed25519.getPublicKey(seed);
  const hash = blake3(concatBytes(Uint8Array.of(0), publicKey));
  const seeker = concatBytes(Uint8Array.of(0x20), hash, Uint8Array.of(1));
  const sign = (bytes: Uint8Array): Uint8Array => {
    const digest = blake3(concatBytes(Uint8Array.of(0x22), seeker, bytes));
    const head = [Uint8Array.of(0x21, 0), publicKey, Uint8Array.of(0x41, 0)];
    return concatBytes(...head, ed25519.sign(digest, seed), bytes);
  };
  return { seeker, value: sign(inner), signAlso: sign };
}

/** A well-formed key bundle (section 3.3) of somebody who does not exist, and the user id bytes it hashes to. */
export function createKeyBundle(): { bundle: Uint8Array; userId: Uint8Array } {
  const massaKey = ed25519.getPublicKey(randomBytes(32));
  const massaText = createBase58check(sha256).encode(concatBytes(Uint8Array.of(0), massaKey));
  const bundle = concatBytes(
    vec(randomBytes(1_952)),
    vec(ml_kem768.keygen().publicKey),
    vec(utf8ToBytes(`P${massaText}`)),
    vec(concatBytes(Uint8Array.of(2), randomBytes(32))),
  );
  return { bundle, userId: blake3(bundle) };
}

function vec(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const prefix = length < 251 ? [length] : [251, length & 255, length >> 8];
  return concatBytes(Uint8Array.from(prefix), bytes);
}

/** Bytes that may be an announcement for all that a relay can tell. */
export function createAnnouncement(length = 8_969): Uint8Array {
  return randomBytes(length);
}
