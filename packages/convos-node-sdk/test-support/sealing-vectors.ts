import type { Checks } from "sdk-kit/vectors";
import { toHex, utf8Text } from "../src/codec/bytes.ts";
import { openRemoteAttachment } from "../src/attachment/remote-attachment.ts";
import {
  attestationFromMetadata,
  attestationToMetadata,
  signAttestation,
  verifyAttestation,
} from "../src/attestation/attestation.ts";
import { SecretBytes } from "../src/identity/secret-bytes.ts";
import { decryptImage, encryptImage } from "../src/image/image-encryption.ts";
import type {
  AttestationVector,
  ImageVector,
  RemoteAttachmentVector,
} from "./convos-vector-file.ts";

const HOUR_MS = 3_600_000;

export function replayAttestation(what: string, vector: AttestationVector, checks: Checks): void {
  const { inboxId, attestation } = vector;
  const { timestamp, kid } = attestation;
  const seed = SecretBytes.consume(fromHex(vector.ed25519SeedHex));
  checks.equal(`${what} signs`, signAttestation(inboxId, { seed, kid, timestamp }), attestation);
  const metadata = attestationToMetadata(attestation);
  const entries = Object.entries(vector.metadata).map(([key, { value }]) => [key, value]);
  checks.equal(`${what} metadata`, Object.fromEntries(metadata), Object.fromEntries(entries));
  checks.equal(`${what} reads`, attestationFromMetadata(metadata), attestation);

  const keys = [{ kid, x: vector.publicKeyX }];
  const nowMs = Date.parse(vector.verifyAt);
  const isValid = (inbox: string, atMs: number): boolean =>
    verifyAttestation(inbox, attestation, keys, atMs) === "valid";
  checks.equal(`${what} verifies`, isValid(inboxId, nowMs), vector.verified.valid);
  const isValidLater = isValid(inboxId, nowMs + 25 * HOUR_MS);
  checks.equal(`${what} after 25 h`, isValidLater, vector.verifiedAfter25h.valid);
  const isValidForOther = isValid("0".repeat(64), nowMs);
  checks.equal(`${what} other inbox`, isValidForOther, vector.verifiedOtherInbox.valid);
}

export function replayImage(what: string, vector: ImageVector, checks: Checks): void {
  const key = fromHex(vector.groupKeyHex);
  const drawn = [fromHex(vector.saltHex), fromHex(vector.nonceHex)];
  const image = encryptImage(fromHex(vector.plaintextHex), key, () => drawn.shift() ?? key);
  checks.equal(`${what} encrypts`, toHex(image.ciphertext), vector.ciphertextHex);
  const ciphertext = fromHex(vector.ciphertextHex);
  const opened = decryptImage({ ...image, ciphertext }, key);
  checks.equal(`${what} decrypts`, toHex(opened), vector.plaintextHex);
}

export function replayRemoteAttachment(
  what: string,
  vector: RemoteAttachmentVector,
  checks: Checks,
): void {
  const { filename, mimeType, bytes } = openRemoteAttachment(fromHex(vector.payloadHex), {
    contentDigest: vector.contentDigest,
    secret: fromHex(vector.secretHex),
    salt: fromHex(vector.saltHex),
    nonce: fromHex(vector.nonceHex),
  });
  const opened = { filename, mimeType, text: utf8Text(bytes) };
  checks.equal(`${what} opens`, opened, vector.decrypted);
}

function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
