import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes as systemRandomBytes,
} from "node:crypto";
import { concatBytes, copyBytes, toHex } from "../codec/bytes.ts";
import { ProtobufWriter, readBytes, readFields, readText } from "../codec/protobuf.ts";
import { ConvosError, malformed } from "../errors.ts";
import { MAX_ATTACHMENT_BYTES } from "../limits.ts";

/** A file in the clear. The name is the sender's word: never a path of ours. */
export interface Attachment {
  readonly filename: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/** What a message says about an encrypted file that lies somewhere else. */
export interface RemoteAttachmentKeys {
  /** SHA-256 of the payload, 64 hexadecimal characters. */
  readonly contentDigest: string;
  /** 32 bytes each. */
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
}

const ALGORITHM = "aes-256-gcm";
const SECRET_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TYPE = { authorityId: "xmtp.org", typeId: "attachment", versionMajor: 1 } as const;

/** Field numbers of XMTP's EncodedContent, of the type id in it, and of a map entry. */
const CONTENT = { type: 1, parameters: 2, fallback: 3, content: 4, compression: 5 } as const;
const TYPE_ID = { authorityId: 1, typeId: 2, versionMajor: 3 } as const;
const ENTRY = { key: 1, value: 2 } as const;

/**
 * Encrypts a file for a server that must not read it: XMTP's remote attachment (section 1.13). Upload the payload to an
 * https address, and send that address with the keys.
 *
 * @param random - Gives the secret, the salt, then the nonce.
 * @throws ConvosError `too_large` above 25 MiB.
 */
export function sealRemoteAttachment(
  attachment: Attachment,
  random: (length: number) => Uint8Array = systemRandomBytes,
): RemoteAttachmentKeys & { readonly payload: Uint8Array } {
  assertSize(attachment.bytes);
  const secret = copyBytes(random(SECRET_BYTES));
  const salt = copyBytes(random(SALT_BYTES));
  const nonce = copyBytes(random(NONCE_BYTES));
  const cipher = createCipheriv(ALGORITHM, contentKey(secret, salt), nonce);
  const sealed = cipher.update(encodeAttachment(attachment));
  const payload = concatBytes(sealed, cipher.final(), cipher.getAuthTag());
  return { payload, contentDigest: digestOf(payload), secret, salt, nonce };
}

/**
 * Opens a downloaded file.
 *
 * @throws ConvosError `malformed` when the bytes are not the ones that the sender meant, or no attachment; `too_large`.
 */
export function openRemoteAttachment(payload: Uint8Array, keys: RemoteAttachmentKeys): Attachment {
  assertSize(payload);
  if (digestOf(payload) !== keys.contentDigest.toLowerCase()) {
    throw malformed("attachment: the digest is another one");
  }
  const { secret, salt, nonce } = keys;
  if (
    secret.length !== SECRET_BYTES ||
    nonce.length !== NONCE_BYTES ||
    payload.length < TAG_BYTES
  ) {
    throw malformed("attachment: payload, secret or nonce has a wrong length");
  }
  const decipher = createDecipheriv(ALGORITHM, contentKey(secret, salt), nonce);
  decipher.setAuthTag(payload.subarray(-TAG_BYTES));
  const plaintext = decipher.update(payload.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw malformed("attachment: encrypted with other keys", cause);
  }
  return parseAttachment(plaintext);
}

function encodeAttachment({ filename, mimeType, bytes }: Attachment): Uint8Array {
  const type = new ProtobufWriter()
    .text(TYPE_ID.authorityId, TYPE.authorityId)
    .text(TYPE_ID.typeId, TYPE.typeId)
    .varint(TYPE_ID.versionMajor, TYPE.versionMajor)
    .finish();
  return new ProtobufWriter()
    .bytes(CONTENT.type, type)
    .bytes(CONTENT.parameters, encodeEntry("filename", filename))
    .bytes(CONTENT.parameters, encodeEntry("mimeType", mimeType))
    .text(CONTENT.fallback, `Can’t display ${filename}. This app doesn’t support attachments.`)
    .bytes(CONTENT.content, bytes)
    .finish();
}

function encodeEntry(key: string, value: string): Uint8Array {
  return new ProtobufWriter().text(ENTRY.key, key).text(ENTRY.value, value).finish();
}

function parseAttachment(plaintext: Uint8Array): Attachment {
  const fields = readFields(plaintext);
  const type = readFields(readBytes(fields, CONTENT.type) ?? new Uint8Array());
  if (
    readText(type, TYPE_ID.authorityId) !== TYPE.authorityId ||
    readText(type, TYPE_ID.typeId) !== TYPE.typeId
  ) {
    throw malformed("attachment: content of another type");
  }
  // Compressed content has no bound that the payload's size gives; no app writes it.
  if (fields.some(({ number }) => number === CONTENT.compression)) {
    throw malformed("attachment: compressed content is not read");
  }
  const parameters = new Map<string, string>();
  for (const field of fields) {
    if (field.number !== CONTENT.parameters || field.wireType !== "bytes") continue;
    const entry = readFields(field.value);
    parameters.set(readText(entry, ENTRY.key) ?? "", readText(entry, ENTRY.value) ?? "");
  }
  return {
    filename: parameters.get("filename") ?? "",
    mimeType: parameters.get("mimeType") ?? "",
    bytes: copyBytes(readBytes(fields, CONTENT.content) ?? new Uint8Array()),
  };
}

function contentKey(secret: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, "", SECRET_BYTES));
}

function digestOf(payload: Uint8Array): string {
  return toHex(createHash("sha256").update(payload).digest());
}

function assertSize(bytes: Uint8Array): void {
  if (bytes.length <= MAX_ATTACHMENT_BYTES) return;
  throw new ConvosError("too_large", `attachment: ${bytes.length} bytes are too many`);
}
