import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes as systemRandomBytes,
} from "node:crypto";
import { concatBytes, toHex, utf8Bytes, utf8Text } from "../codec/bytes.ts";
import { ConvosError, malformed } from "../errors.ts";
import type { SecretBytes } from "../identity/secret-bytes.ts";
import { MAX_CONVERSATION_ID_BYTES } from "../limits.ts";

const ALGORITHM = "chacha20-poly1305";
const VERSION = 0x01;
const KIND_UUID = 0x01;
const KIND_TEXT = 0x02;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const UUID_BYTES = 16;
const MAX_SHORT_BYTES = 255;
const HKDF_SALT = "ConvosInviteV1";
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/**
 * Seals a conversation id so that only the creator of the invite can read it (section 1.5).
 *
 * @param conversationId - 1 to 65,535 bytes of UTF-8. A UUID with dashes comes back in lower case.
 * @param creatorInboxId - Lower-case hexadecimal: the text itself is part of the key.
 * @param random - Gives the nonce of 12 bytes.
 * @throws ConvosError `invalid_input` for an empty or too long id.
 */
export function sealConversationToken(
  conversationId: string,
  privateKey: SecretBytes,
  creatorInboxId: string,
  random: (length: number) => Uint8Array = systemRandomBytes,
): Uint8Array {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, tokenKey(privateKey, creatorInboxId), nonce, {
    authTagLength: TAG_BYTES,
  });
  const plaintext = packId(conversationId);
  cipher.setAAD(utf8Bytes(creatorInboxId), { plaintextLength: plaintext.length });
  const sealed = cipher.update(plaintext);
  cipher.final();
  return concatBytes(Uint8Array.of(VERSION), nonce, sealed, cipher.getAuthTag());
}

/**
 * Reads the conversation id of a token of one's own.
 *
 * @throws ConvosError `invite_forged` when another key sealed it, or for another inbox; `malformed` when it is no token.
 */
export function openConversationToken(
  token: Uint8Array,
  privateKey: SecretBytes,
  creatorInboxId: string,
): string {
  if (token[0] !== VERSION) throw malformed("token: unknown version");
  const sealedAt = 1 + NONCE_BYTES;
  if (token.length <= sealedAt + TAG_BYTES) {
    throw malformed(`token: ${token.length} bytes are too few`);
  }
  const key = tokenKey(privateKey, creatorInboxId);
  const decipher = createDecipheriv(ALGORITHM, key, token.subarray(1, sealedAt), {
    authTagLength: TAG_BYTES,
  });
  const sealed = token.subarray(sealedAt, -TAG_BYTES);
  decipher.setAAD(utf8Bytes(creatorInboxId), { plaintextLength: sealed.length });
  decipher.setAuthTag(token.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed);
  try {
    decipher.final();
  } catch (cause) {
    throw new ConvosError("invite_forged", "token: not sealed by this key for this inbox", {
      cause,
    });
  }
  return unpackId(plaintext);
}

function tokenKey(privateKey: SecretBytes, inboxId: string): Uint8Array {
  const info = utf8Bytes(`inbox:${inboxId}`);
  return new Uint8Array(hkdfSync("sha256", privateKey.reveal(), HKDF_SALT, info, KEY_BYTES));
}

function packId(conversationId: string): Uint8Array {
  if (UUID.test(conversationId)) {
    const bytes = Buffer.from(conversationId.replaceAll("-", ""), "hex");
    return concatBytes(Uint8Array.of(KIND_UUID), bytes);
  }
  const bytes = utf8Bytes(conversationId);
  if (bytes.length === 0 || bytes.length > MAX_CONVERSATION_ID_BYTES) {
    throw new ConvosError(
      "invalid_input",
      `token: an id of ${bytes.length} bytes cannot be sealed`,
    );
  }
  const length =
    bytes.length <= MAX_SHORT_BYTES ? [bytes.length] : [0, bytes.length >> 8, bytes.length & 0xff];
  return concatBytes(Uint8Array.of(KIND_TEXT, ...length), bytes);
}

/** Bytes after the id are let be, as the app does. */
function unpackId(plaintext: Uint8Array): string {
  const [kind, short = 0, high = 0, low = 0] = plaintext;
  if (kind === KIND_UUID && plaintext.length > UUID_BYTES) {
    const hex = toHex(plaintext.subarray(1, 1 + UUID_BYTES));
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
  }
  if (kind !== KIND_TEXT) throw malformed("token: unknown kind of id");
  const start = short === 0 ? 4 : 2;
  const length = short === 0 ? (high << 8) | low : short;
  if (length === 0 || plaintext.length < start + length) throw malformed("token: bad length of id");
  return utf8Text(plaintext.subarray(start, start + length));
}
