import { argon2Sync } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, toHex } from "../codec/bytes.ts";
import type { CryptoProvider } from "./provider.ts";
import { SecretBytes } from "./secret-bytes.ts";
import * as answers from "./self-test-answers.ts";

const NO_AAD = new Uint8Array();

/**
 * Checks on this machine that the native provider computes what the protocol means. It has to give known answers; where it
 * draws randomness, it has to read a known value of another implementation and then what it made itself. Reading both says
 * that it makes what others read: ML-KEM encrypts again while it decapsulates and compares, and what verifies a signature is
 * the same for every signer. The other implementation itself takes 0.1 s to ask, at each start, so that is left to the tests.
 *
 * @returns Undefined when all is well, otherwise which algorithm failed and how.
 */
export function nativeSelfTestFailure(native: CryptoProvider): string | undefined {
  const checks: Record<string, () => boolean> = {
    "ML-KEM-768": () => kemWorks(native),
    "ML-DSA-65": () => dsaWorks(native),
    Ed25519: () => ed25519Works(native),
    secp256k1: () => secp256k1Works(native),
    "AES-256-SIV": () => aesSivWorks(native),
    "HKDF-SHA-256": () => hkdfWorks(native),
    Argon2id: argon2idWorks,
  };
  for (const [algorithm, works] of Object.entries(checks)) {
    try {
      if (!works()) return `${algorithm}: wrong answer`;
    } catch (error) {
      return `${algorithm}: ${error instanceof Error ? error.message : "failed"}`;
    }
  }
  return undefined;
}

function kemWorks(native: CryptoProvider): boolean {
  const secret = new SecretBytes(counting(64));
  const publicKey = native.kemPublicKey(secret);
  if (toHex(sha256(publicKey)) !== answers.KEM_PUBLIC_KEY_SHA256) return false;
  const refused = native.kemDecapsulate(secret, counting(1088));
  if (toHex(refused) !== answers.KEM_REFUSED_SECRET) return false;
  const known = native.kemDecapsulate(secret, Buffer.from(answers.KEM_CIPHERTEXT, "base64"));
  if (toHex(known) !== answers.KEM_SHARED_SECRET) return false;
  const { ciphertext, sharedSecret } = native.kemEncapsulate(publicKey);
  return equalBytes(native.kemDecapsulate(secret, ciphertext), sharedSecret);
}

function dsaWorks(native: CryptoProvider): boolean {
  const secret = new SecretBytes(counting(32));
  const publicKey = native.dsaPublicKey(secret);
  if (toHex(sha256(publicKey)) !== answers.DSA_PUBLIC_KEY_SHA256) return false;
  const message = counting(32);
  const context = counting(41);
  const known = Buffer.from(answers.DSA_SIGNATURE, "base64");
  const own = native.dsaSign(secret, message, context);
  return (
    [known, own].every((signature) => native.dsaVerify(publicKey, message, context, signature)) &&
    !native.dsaVerify(publicKey, message, counting(40), known) &&
    !native.dsaVerify(publicKey, counting(31), context, known)
  );
}

function ed25519Works(native: CryptoProvider): boolean {
  const secret = new SecretBytes(counting(32));
  const publicKey = native.ed25519PublicKey(secret);
  if (toHex(publicKey) !== answers.ED25519_PUBLIC_KEY) return false;
  const message = counting(32);
  const signature = native.ed25519Sign(secret, message);
  return (
    toHex(signature) === answers.ED25519_SIGNATURE &&
    native.ed25519Verify(publicKey, message, signature) &&
    !native.ed25519Verify(publicKey, counting(31), signature)
  );
}

function secp256k1Works(native: CryptoProvider): boolean {
  const publicKey = native.secp256k1PublicKey(new SecretBytes(counting(32)));
  return toHex(publicKey) === answers.SECP256K1_PUBLIC_KEY;
}

function aesSivWorks(native: CryptoProvider): boolean {
  const key = counting(64);
  const nonce = counting(16);
  const plaintext = counting(40);
  const sealed = native.aesSivSeal(key, nonce, NO_AAD, plaintext);
  if (toHex(sealed) !== answers.AES_SIV_SEALED) return false;
  const opened = native.aesSivOpen(key, nonce, NO_AAD, sealed);
  const forged = native.aesSivOpen(key, counting(15), NO_AAD, sealed);
  return opened !== undefined && equalBytes(opened, plaintext) && forged === undefined;
}

function hkdfWorks(native: CryptoProvider): boolean {
  const key = native.hkdfExtract(counting(32), counting(100));
  return toHex(native.hkdfExpand(key, counting(20), 48)) === answers.HKDF_OUTPUT;
}

/** At the least cost there is: the real one takes 0.15 s. */
function argon2idWorks(): boolean {
  const key = argon2Sync("argon2id", {
    message: counting(16),
    nonce: counting(16),
    memory: 8,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  });
  return toHex(key) === answers.ARGON2ID_OUTPUT;
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}
