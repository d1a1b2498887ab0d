import { KEM_PUBLIC_KEY_BYTES } from "./provider.ts";

const MODULUS = 3329;
const COEFFICIENT_BYTES = 1152; // 3 polynomials of 256 coefficients of 12 bits; 32 bytes of seed follow.

/**
 * Whether bytes can be the beginning of an encoded ML-KEM-768 public key: FIPS 203 section 7.2 demands that every
 * 12-bit coefficient is below 3329 (the "modulus check").
 *
 * @param prefix - The first bytes of the key. A group of three that is cut off, and what follows the first 1152 bytes, is not looked at.
 */
export function passesModulusCheck(prefix: Uint8Array): boolean {
  const end = Math.min(prefix.length, COEFFICIENT_BYTES) - 2;
  for (let i = 0; i < end; i += 3) {
    const middle = prefix[i + 1]!;
    const first = prefix[i]! | ((middle & 0x0f) << 8);
    const second = (middle >> 4) | (prefix[i + 2]! << 4);
    if (first >= MODULUS || second >= MODULUS) return false;
  }
  return true;
}

/** Whether bytes are a well-formed ML-KEM-768 public key: right length, and the modulus check passes. */
export function isKemPublicKey(bytes: Uint8Array): boolean {
  return bytes.length === KEM_PUBLIC_KEY_BYTES && passesModulusCheck(bytes);
}
