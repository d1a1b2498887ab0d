import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes as systemRandomBytes,
} from "node:crypto";
import { concatBytes } from "../codec/bytes.ts";
import { ConvosError, malformed } from "../errors.ts";
import { MAX_IMAGE_BYTES } from "../limits.ts";

const ALGORITHM = "aes-256-gcm";
const INFO = "ConvosImageV1";
const KEY_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** An encrypted image: upload the ciphertext, publish its URL with salt and nonce. */
export interface EncryptedImage {
  readonly ciphertext: Uint8Array;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
}

/** A fresh key for the images of a group, to be kept in its metadata. */
export function createImageKey(
  random: (length: number) => Uint8Array = systemRandomBytes,
): Uint8Array {
  return new Uint8Array(random(KEY_BYTES));
}

/**
 * Encrypts an image of a group or of a member: a key per image by HKDF-SHA256, AES-256-GCM, tag at the end (section 1.13).
 *
 * @param groupKey - 32 bytes, from the group's metadata.
 * @param random - Gives the salt, then the nonce.
 * @throws ConvosError `invalid_input` for a key of another length, `too_large` above 10 MiB.
 */
export function encryptImage(
  image: Uint8Array,
  groupKey: Uint8Array,
  random: (length: number) => Uint8Array = systemRandomBytes,
): EncryptedImage {
  assertSize(image);
  const salt = new Uint8Array(random(SALT_BYTES));
  const nonce = new Uint8Array(random(NONCE_BYTES));
  const cipher = createCipheriv(ALGORITHM, imageKey(groupKey, salt), nonce);
  const ciphertext = concatBytes(cipher.update(image), cipher.final(), cipher.getAuthTag());
  return { ciphertext, salt, nonce };
}

/**
 * Opens a downloaded image.
 *
 * @throws ConvosError `malformed` when it was made with another key or has been changed, `too_large`, `invalid_input`.
 */
export function decryptImage(image: EncryptedImage, groupKey: Uint8Array): Uint8Array {
  const { ciphertext, salt, nonce } = image;
  assertSize(ciphertext);
  if (ciphertext.length < TAG_BYTES || salt.length !== SALT_BYTES || nonce.length !== NONCE_BYTES) {
    throw malformed("image: ciphertext, salt or nonce has a wrong length");
  }
  const decipher = createDecipheriv(ALGORITHM, imageKey(groupKey, salt), nonce);
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
  const plaintext = decipher.update(ciphertext.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw malformed("image: made with another key, or changed", cause);
  }
  return new Uint8Array(plaintext);
}

function imageKey(groupKey: Uint8Array, salt: Uint8Array): Uint8Array {
  if (groupKey.length !== KEY_BYTES) {
    throw new ConvosError("invalid_input", `image: a group key of ${groupKey.length} bytes`);
  }
  return new Uint8Array(hkdfSync("sha256", groupKey, salt, INFO, KEY_BYTES));
}

function assertSize(bytes: Uint8Array): void {
  if (bytes.length <= MAX_IMAGE_BYTES) return;
  throw new ConvosError("too_large", `image: ${bytes.length} bytes are too many`);
}
