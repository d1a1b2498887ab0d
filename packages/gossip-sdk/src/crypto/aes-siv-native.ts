import {
  type Cipheriv,
  createCipheriv,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { copyBytes } from "../codec/bytes.ts";
import { sivCounter } from "./aes-siv-counter.ts";
import { AES_SIV_TAG_BYTES } from "./provider.ts";

/*
 * AES-256-SIV (RFC 5297) from the AES modes that node:crypto has. Key bytes are wrapped in key objects first: handing
 * them to createCipheriv as bytes costs four times as much.
 */

const BLOCK = 16;
const ZERO_BLOCK = new Uint8Array(BLOCK);
const KEY_HALF = 32;

/** Tag and ciphertext over the components [aad, nonce, plaintext]. */
export function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const tag = s2v(macKey(key), aad, nonce, plaintext);
  const cipher = createCipheriv("aes-256-ctr", counterKey(key), sivCounter(tag));
  const sealed = new Uint8Array(AES_SIV_TAG_BYTES + plaintext.length);
  sealed.set(tag);
  sealed.set(cipher.update(plaintext), AES_SIV_TAG_BYTES);
  return sealed;
}

/** The plaintext, or undefined when the tag does not match. */
export function open(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < AES_SIV_TAG_BYTES) return undefined;
  const plaintext = peek(key, sealed, sealed.length - AES_SIV_TAG_BYTES);
  const tag = s2v(macKey(key), aad, nonce, plaintext);
  return timingSafeEqual(tag, sealed.subarray(0, AES_SIV_TAG_BYTES)) ? plaintext : undefined;
}

/** The first bytes of the plaintext, not authenticated. */
export function peek(key: Uint8Array, sealed: Uint8Array, length: number): Uint8Array {
  const cipher = createCipheriv("aes-256-ctr", counterKey(key), sivCounter(sealed));
  return cipher.update(sealed.subarray(AES_SIV_TAG_BYTES, AES_SIV_TAG_BYTES + length));
}

function macKey(key: Uint8Array): KeyObject {
  return createSecretKey(key.subarray(0, KEY_HALF));
}

function counterKey(key: Uint8Array): KeyObject {
  return createSecretKey(key.subarray(KEY_HALF));
}

/** RFC 5297 section 2.4 for exactly three components. */
function s2v(
  key: KeyObject,
  aad: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const mac = new Cmac(key);
  const d = mac.digest(ZERO_BLOCK);
  double(d);
  xorInto(d, mac.digest(aad));
  double(d);
  xorInto(d, mac.digest(nonce));
  if (plaintext.length >= BLOCK) return mac.digest(plaintext, d);
  double(d);
  for (const [i, byte] of plaintext.entries()) d[i]! ^= byte;
  d[plaintext.length]! ^= 0x80;
  return mac.digest(d);
}

/** CMAC (RFC 4493) under one key. */
class Cmac {
  readonly #key: KeyObject;
  readonly #blockCipher: Cipheriv;
  readonly #fullMask: Uint8Array;
  readonly #partMask: Uint8Array;

  constructor(key: KeyObject) {
    this.#key = key;
    this.#blockCipher = createCipheriv("aes-256-ecb", key, null);
    const mask = this.#blockCipher.update(ZERO_BLOCK);
    double(mask);
    this.#fullMask = copyBytes(mask);
    double(mask);
    this.#partMask = mask;
  }

  /**
   * The tag of a message.
   *
   * @param xorEnd - XORed onto the last 16 bytes of the message, which must be there; saves copying it.
   */
  digest(message: Uint8Array, xorEnd?: Uint8Array): Uint8Array {
    const { length } = message;
    const lastStart = length === 0 ? 0 : Math.floor((length - 1) / BLOCK) * BLOCK;
    // With xorEnd the last two blocks may change: they go through a copy, the blocks before go in as they are.
    const tailStart = xorEnd === undefined ? lastStart : Math.max(0, lastStart - BLOCK);
    const tail = new Uint8Array(lastStart - tailStart + BLOCK);
    tail.set(message.subarray(tailStart));
    if (xorEnd !== undefined) xorInto(tail.subarray(length - BLOCK - tailStart), xorEnd);
    const whole = length > 0 && length % BLOCK === 0;
    if (!whole) tail[length - tailStart] = 0x80;
    xorInto(tail.subarray(tail.length - BLOCK), whole ? this.#fullMask : this.#partMask);
    if (tailStart === 0 && tail.length === BLOCK) return this.#blockCipher.update(tail);

    const cipher = createCipheriv("aes-256-cbc", this.#key, ZERO_BLOCK);
    if (tailStart > 0) cipher.update(message.subarray(0, tailStart));
    return cipher.update(tail).subarray(-BLOCK);
  }
}

/** Doubles in the field of RFC 4493, in place. */
function double(block: Uint8Array): void {
  let carry = 0;
  for (let i = BLOCK - 1; i >= 0; i--) {
    const byte = block[i]!;
    block[i] = (byte << 1) | carry;
    carry = byte >> 7;
  }
  if (carry === 1) block[BLOCK - 1]! ^= 0x87;
}

function xorInto(target: Uint8Array, bytes: Uint8Array): void {
  for (let i = 0; i < BLOCK; i++) target[i]! ^= bytes[i]!;
}
