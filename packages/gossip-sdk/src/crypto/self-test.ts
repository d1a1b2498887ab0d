import { argon2Sync } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, toHex } from "../codec/bytes.ts";
import type { CryptoProvider } from "./provider.ts";
import { SecretBytes } from "./secret-bytes.ts";

/*
 * Known answers, computed with @noble 2.x over counting bytes (00 01 02 …). Large outputs as their SHA-256.
 */
const KEM_PUBLIC_KEY_SHA256 = "0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9";
// Of a ciphertext for nobody: FIPS 203 derives the answer from the seed then, so it is fixed too.
const KEM_SHARED_SECRET = "2dcec6eacd41f41e98bbf1e6c4b6d1cfa76d83079fa78decb49d77f6ff9b796d";
const DSA_PUBLIC_KEY_SHA256 = "d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9";
const ED25519_PUBLIC_KEY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
const AES_SIV_SEALED =
  "48962874d0b35896a85bbd08de1a667a2aebc2bcbf696950b29f5f4c117b307a0e720f4e3b68b8a6c88510389a58f049ad758a768dceb6aa";
const HKDF_OUTPUT =
  "7c514f0fd36f0bb93a0be9e925279848d39ad2878623e210d49d3712d78d5dccfebff4de307c4ff1feacbc5c031e4270";
const ARGON2ID_OUTPUT = "ce618a19b52cbc2a5facb50f12250b2e322036a540823aee67c783dc727c167a";

const NO_AAD = new Uint8Array();

/**
 * Checks on this machine that the native provider computes what the protocol means: against known answers, and where
 * fresh randomness is involved by letting the portable one read what it made. Both reading the same then says that the
 * native one reads what the portable one makes, so the slow half, to make it, is left to the tests.
 *
 * @returns Undefined when all is well, otherwise which algorithm failed and how.
 */
export function nativeSelfTestFailure(
  native: CryptoProvider,
  portable: CryptoProvider,
): string | undefined {
  const checks: Record<string, () => boolean> = {
    "ML-KEM-768": () => kemWorks(native, portable),
    "ML-DSA-65": () => dsaWorks(native, portable),
    Ed25519: () => ed25519Works(native, portable),
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

function kemWorks(native: CryptoProvider, portable: CryptoProvider): boolean {
  const secret = new SecretBytes(counting(64));
  const publicKey = native.kemPublicKey(secret);
  if (toHex(sha256(publicKey)) !== KEM_PUBLIC_KEY_SHA256) return false;
  if (toHex(native.kemDecapsulate(secret, counting(1088))) !== KEM_SHARED_SECRET) return false;
  const { ciphertext, sharedSecret } = native.kemEncapsulate(publicKey);
  return [native, portable].every((receiver) =>
    equalBytes(receiver.kemDecapsulate(secret, ciphertext), sharedSecret),
  );
}

function dsaWorks(native: CryptoProvider, portable: CryptoProvider): boolean {
  const secret = new SecretBytes(counting(32));
  const publicKey = native.dsaPublicKey(secret);
  if (toHex(sha256(publicKey)) !== DSA_PUBLIC_KEY_SHA256) return false;
  const message = counting(32);
  const context = counting(41);
  const signature = native.dsaSign(secret, message, context);
  return (
    [native, portable].every((verifier) =>
      verifier.dsaVerify(publicKey, message, context, signature),
    ) && !native.dsaVerify(publicKey, message, counting(40), signature)
  );
}

function ed25519Works(native: CryptoProvider, portable: CryptoProvider): boolean {
  const secret = new SecretBytes(counting(32));
  const publicKey = native.ed25519PublicKey(secret);
  if (toHex(publicKey) !== ED25519_PUBLIC_KEY) return false;
  const message = counting(32);
  const signature = native.ed25519Sign(secret, message);
  return (
    equalBytes(signature, portable.ed25519Sign(secret, message)) &&
    native.ed25519Verify(publicKey, message, signature) &&
    !native.ed25519Verify(publicKey, counting(31), signature)
  );
}

function aesSivWorks(native: CryptoProvider): boolean {
  const key = counting(64);
  const nonce = counting(16);
  const plaintext = counting(40);
  const sealed = native.aesSivSeal(key, nonce, NO_AAD, plaintext);
  if (toHex(sealed) !== AES_SIV_SEALED) return false;
  const opened = native.aesSivOpen(key, nonce, NO_AAD, sealed);
  const forged = native.aesSivOpen(key, counting(15), NO_AAD, sealed);
  return opened !== undefined && equalBytes(opened, plaintext) && forged === undefined;
}

function hkdfWorks(native: CryptoProvider): boolean {
  const key = native.hkdfExtract(counting(32), counting(100));
  return toHex(native.hkdfExpand(key, counting(20), 48)) === HKDF_OUTPUT;
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
  return toHex(key) === ARGON2ID_OUTPUT;
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}
