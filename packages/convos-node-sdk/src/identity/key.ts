import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, toHex, tryFromHex, utf8Bytes } from "../codec/bytes.ts";
import { ConvosError } from "../errors.ts";
import { inboxIdOf } from "./inbox-id.ts";
import { SecretBytes } from "./secret-bytes.ts";

const PRIVATE_KEY_BYTES = 32;
const ADDRESS_BYTES = 20;
/** EIP-191 writes the recovery id, 0 or 1, as 27 or 28. */
const V_OFFSET = 27;

/** A secp256k1 key that opens one XMTP inbox. */
export interface ConvosKey {
  /** 32 bytes. */
  readonly privateKey: SecretBytes;
  /** Lower-case `0x` address. */
  readonly address: string;
  /** The inbox that it opens: 64 hexadecimal characters. */
  readonly inboxId: string;
}

/**
 * A key from its text.
 *
 * @param hex - 64 hexadecimal characters, with or without `0x`.
 * @throws ConvosError `invalid_key`; the message never quotes the text.
 */
export function keyFromHex(hex: string): ConvosKey {
  const bytes = tryFromHex(hex.trim().replace(/^0x/iu, ""));
  if (bytes?.length !== PRIVATE_KEY_BYTES) {
    throw new ConvosError("invalid_key", "private key: expected 64 hexadecimal characters");
  }
  return keyFromBytes(bytes);
}

/**
 * A key from its 32 bytes, which are wiped.
 *
 * @throws ConvosError `invalid_key` for 0 and for numbers not below the order of the group.
 */
export function keyFromBytes(bytes: Uint8Array): ConvosKey {
  const privateKey = SecretBytes.consume(bytes);
  if (!secp256k1.utils.isValidSecretKey(privateKey.reveal())) {
    throw new ConvosError("invalid_key", "private key: not a number of the group");
  }
  const address = addressOf(publicKeyOf(privateKey));
  return { privateKey, address, inboxId: inboxIdOf(address) };
}

/** The public key of a private key: 65 bytes, uncompressed. */
export function publicKeyOf(privateKey: SecretBytes): Uint8Array {
  return secp256k1.getPublicKey(privateKey.reveal(), false);
}

/** The lower-case `0x` address of an uncompressed public key of 65 bytes. */
export function addressOf(publicKey: Uint8Array): string {
  return `0x${toHex(keccak_256(publicKey.subarray(1)).subarray(-ADDRESS_BYTES))}`;
}

/**
 * Signs a text as an Ethereum wallet does (EIP-191, `personal_sign`): what XMTP asks of an identity.
 *
 * @returns 65 bytes: r, s, and 27 or 28.
 */
export function signPersonalMessage(privateKey: SecretBytes, text: string): Uint8Array {
  const message = utf8Bytes(text);
  const prefix = utf8Bytes(`\u0019Ethereum Signed Message:\n${message.length}`);
  const [recovery = 0, ...compact] = secp256k1.sign(
    keccak_256(concatBytes(prefix, message)),
    privateKey.reveal(),
    { prehash: false, format: "recovered" },
  );
  return Uint8Array.from([...compact, recovery + V_OFFSET]);
}
