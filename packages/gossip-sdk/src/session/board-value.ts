import { blake3 } from "@noble/hashes/blake3.js";
import { concatBytes, equalBytes } from "../codec/bytes.ts";
import {
  type CryptoProvider,
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
} from "../crypto/provider.ts";
import { MAX_BOARD_VALUE_BYTES } from "../limits.ts";
import { isSeeker, type SeekerKey, seekerOf } from "./seeker.ts";

const KEY_VERSION = 0x00;
const KEY_LENGTH = 1 + ED25519_PUBLIC_KEY_BYTES;
const SIGNATURE_LENGTH = 1 + ED25519_SIGNATURE_BYTES;
const SEEKER_LENGTH = 0x22;
const PUBLIC_KEY_OFFSET = 2;
const SIGNATURE_OFFSET = PUBLIC_KEY_OFFSET + ED25519_PUBLIC_KEY_BYTES;
const INNER_OFFSET = 1 + KEY_LENGTH + 1 + SIGNATURE_LENGTH;

/** Signs a sealed message for the board: key and signature in front of it (section 6.3). */
export function signBoardValue(
  key: SeekerKey,
  inner: Uint8Array,
  crypto: CryptoProvider,
): Uint8Array {
  const signature = crypto.ed25519Sign(key.secret, signedHash(key.seeker, inner));
  return concatBytes(
    Uint8Array.of(KEY_LENGTH, KEY_VERSION),
    key.publicKey,
    Uint8Array.of(SIGNATURE_LENGTH, KEY_VERSION),
    signature,
    inner,
  );
}

/**
 * Whether a value was put at an address by somebody who holds its key (section 6.4, step 1).
 *
 * Anybody can check this, so a relay refuses squatters with it and a client tells a relay's own doing from a
 * peer's: ask here before {@link decryptValue}, which gives the session up for a value that fails.
 *
 * @param seeker - 34 bytes. @param data - The value found there; any size, from anybody.
 */
export function verifyBoardValue(
  seeker: Uint8Array,
  data: Uint8Array,
  crypto: CryptoProvider,
): boolean {
  if (data.length <= INNER_OFFSET || data.length > MAX_BOARD_VALUE_BYTES) return false;
  const framed =
    data[0] === KEY_LENGTH &&
    data[1] === KEY_VERSION &&
    data[SIGNATURE_OFFSET] === SIGNATURE_LENGTH &&
    data[SIGNATURE_OFFSET + 1] === KEY_VERSION;
  if (!framed || !isSeeker(seeker)) return false;
  const publicKey = data.subarray(PUBLIC_KEY_OFFSET, SIGNATURE_OFFSET);
  if (!equalBytes(seekerOf(publicKey), seeker)) return false;
  const signature = data.subarray(SIGNATURE_OFFSET + 2, INNER_OFFSET);
  return crypto.ed25519Verify(publicKey, signedHash(seeker, boardValueInner(data)), signature);
}

/** The sealed message inside a value that {@link verifyBoardValue} accepted. */
export function boardValueInner(data: Uint8Array): Uint8Array {
  return data.subarray(INNER_OFFSET);
}

function signedHash(seeker: Uint8Array, inner: Uint8Array): Uint8Array {
  return blake3(concatBytes(Uint8Array.of(SEEKER_LENGTH), seeker, inner));
}
