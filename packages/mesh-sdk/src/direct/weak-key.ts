import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";

/** DER in front of a raw X25519 public key (RFC 8410). */
const SPKI_HEAD = Buffer.from("302a300506032b656e032100", "hex");

let trialKey: KeyObject | undefined;

/**
 * Whether everybody agrees on the same secret with an X25519 key, so that what is sealed to it is sealed for nobody: a point of
 * small order, in whatever spelling. One trial tells, whoever's key it is made with: private keys are multiples of eight.
 *
 * @param publicKey - 32 bytes.
 */
export function isWeakKey(publicKey: Uint8Array): boolean {
  trialKey ??= generateKeyPairSync("x25519").privateKey;
  const der = Buffer.concat([SPKI_HEAD, publicKey]);
  try {
    const other = createPublicKey({ key: der, format: "der", type: "spki" });
    return diffieHellman({ privateKey: trialKey, publicKey: other }).every((byte) => byte === 0);
  } catch {
    // OpenSSL refuses a secret of zeros.
    return true;
  }
}
