import { copyBytes } from "../codec/bytes.ts";
import { ProtobufWriter, readBytes, readFields, readText } from "../codec/protobuf.ts";

/** Where an encrypted image is and how to open it with the group's key (section 1.13). */
export interface EncryptedImageRef {
  readonly url: string;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
}

const FIELD = { url: 1, salt: 2, nonce: 3 } as const;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;

export function encodeImageRef(ref: EncryptedImageRef): Uint8Array {
  return new ProtobufWriter()
    .text(FIELD.url, ref.url)
    .bytes(FIELD.salt, ref.salt)
    .bytes(FIELD.nonce, ref.nonce)
    .finish();
}

/** Undefined for a reference that cannot be used: no URL, or a salt or nonce of another length. */
export function parseImageRef(bytes: Uint8Array | undefined): EncryptedImageRef | undefined {
  if (bytes === undefined) return undefined;
  const fields = readFields(bytes);
  const url = readText(fields, FIELD.url);
  const salt = readBytes(fields, FIELD.salt);
  const nonce = readBytes(fields, FIELD.nonce);
  if (!url || salt?.length !== SALT_BYTES || nonce?.length !== NONCE_BYTES) return undefined;
  return { url, salt: copyBytes(salt), nonce: copyBytes(nonce) };
}
