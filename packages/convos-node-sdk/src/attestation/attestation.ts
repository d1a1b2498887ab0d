import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { decodeBase64Url, encodeBase64Url } from "../codec/base64url.ts";
import { concatBytes, utf8Bytes } from "../codec/bytes.ts";
import { ConvosError } from "../errors.ts";
import type { SecretBytes } from "../identity/secret-bytes.ts";
import type { ProfileMetadata } from "../profile/profile.ts";

/** A statement that an inbox belongs to a known agent (section 1.12). It travels in the agent's profile metadata. */
export interface Attestation {
  /** Base64url of 64 bytes. */
  readonly signature: string;
  /** ISO 8601, signed letter by letter. */
  readonly timestamp: string;
  /** Names the key in the signer's key set. */
  readonly kid: string;
}

/** A public key of a key set (JWKS). */
export interface AttestationKey {
  readonly kid: string;
  /** Base64url of 32 bytes of Ed25519. */
  readonly x: string;
  readonly expiresAtMs?: number;
}

export type AttestationVerdict =
  | "valid"
  | "unknown_key"
  | "expired_key"
  | "too_old"
  | "in_the_future"
  | "malformed"
  | "bad_signature";

const MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Clocks that go a little ahead. */
const MAX_AHEAD_MS = 60_000;
const SEED_BYTES = 32;
const SIGNATURE_BYTES = 64;
// RFC 8410: what stands before the 32 bytes in the DER forms of an Ed25519 key.
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const KEY = {
  signature: "attestation",
  timestamp: "attestation_ts",
  kid: "attestation_kid",
} as const;

/**
 * Signs an attestation. The app shows its badge for keys of Convos only; this is for one's own verifiers and for tests.
 *
 * @param seed - Ed25519 seed of 32 bytes.
 * @throws ConvosError `invalid_key`.
 */
export function signAttestation(
  inboxId: string,
  options: { readonly seed: SecretBytes; readonly kid: string; readonly timestamp: string },
): Attestation {
  const { seed, kid, timestamp } = options;
  if (seed.length !== SEED_BYTES) {
    throw new ConvosError("invalid_key", `attestation: a seed of ${seed.length} bytes`);
  }
  const der = Buffer.concat([PKCS8_PREFIX, seed.reveal()]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  const signature = encodeBase64Url(sign(null, digest(inboxId, timestamp), key));
  return { signature, timestamp, kid };
}

/** Whether a known key attests this inbox, not more than 24 hours ago. Never throws. */
export function verifyAttestation(
  inboxId: string,
  attestation: Attestation,
  keys: readonly AttestationKey[],
  nowMs: number,
): AttestationVerdict {
  const key = keys.find(({ kid }) => kid === attestation.kid);
  if (key === undefined) return "unknown_key";
  if (key.expiresAtMs !== undefined && key.expiresAtMs < nowMs) return "expired_key";
  const ageMs = nowMs - Date.parse(attestation.timestamp);
  if (Number.isNaN(ageMs)) return "malformed";
  if (ageMs > MAX_AGE_MS) return "too_old";
  if (ageMs < -MAX_AHEAD_MS) return "in_the_future";
  const signature = tryDecode(attestation.signature);
  const publicKey = tryDecode(key.x);
  if (signature?.length !== SIGNATURE_BYTES || publicKey?.length !== SEED_BYTES) return "malformed";
  const spki = createPublicKey({
    key: Buffer.from(concatBytes(SPKI_PREFIX, publicKey)),
    format: "der",
    type: "spki",
  });
  const isValid = verify(null, digest(inboxId, attestation.timestamp), spki, signature);
  return isValid ? "valid" : "bad_signature";
}

/** The entries that carry an attestation in a profile's metadata. */
export function attestationToMetadata(attestation: Attestation): ProfileMetadata {
  return new Map([
    [KEY.signature, attestation.signature],
    [KEY.timestamp, attestation.timestamp],
    [KEY.kid, attestation.kid],
  ]);
}

/** The attestation in a profile's metadata. Undefined unless all three entries are texts. */
export function attestationFromMetadata(metadata: ProfileMetadata): Attestation | undefined {
  const signature = metadata.get(KEY.signature);
  const timestamp = metadata.get(KEY.timestamp);
  const kid = metadata.get(KEY.kid);
  const isWhole =
    typeof signature === "string" && typeof timestamp === "string" && typeof kid === "string";
  return isWhole ? { signature, timestamp, kid } : undefined;
}

function digest(inboxId: string, timestamp: string): Uint8Array {
  return createHash("sha256")
    .update(utf8Bytes(inboxId + timestamp))
    .digest();
}

function tryDecode(text: string): Uint8Array | undefined {
  try {
    return decodeBase64Url(text);
  } catch {
    return undefined;
  }
}
