import { utf8Bytes } from "../codec/bytes.ts";
import type { CryptoProvider } from "./provider.ts";

/*
 * Key derivation, docs/protocol/gossip.md section 2. The runs of dashes matter, and so does the order of the items.
 */

/** Salt of Argon2id over the mnemonic. */
export const PASSWORD_SALT = utf8Bytes("auth.pwd.kdf.salt---------------");

const IDENTITY_SALT = utf8Bytes("auth.keypairs.kdf.salt----------");
const DSA_SEED = utf8Bytes("auth.keypairs.kdf.dsa_randomness");
const KEM_SEED = utf8Bytes("auth.keypairs.kdf.kem_randomness");
const MASSA_SEED = utf8Bytes("auth.keypairs.kdf.massa_keypair_bytes");
const EVM_SECRET = utf8Bytes("auth.keypairs.kdf.evm_secret_key");

const AUTH_BLOB_SALT = utf8Bytes("auth.auth_blob.kdf.salt---------");
const AUTH_DSA_MESSAGE = utf8Bytes("auth.auth_blob.kdf.signature_dsa_message");
const AUTH_MASSA_MESSAGE = utf8Bytes("auth.auth_blob.kdf.signature_massa_message");

const ANNOUNCEMENT_SALT = utf8Bytes("agraphon.announcement_root_kdf.V1");
const ANNOUNCEMENT_NONCE = utf8Bytes("agraphon.announcement_root_kdf.cipher_nonce");
const ANNOUNCEMENT_CIPHER_KEY = utf8Bytes("agraphon.announcement_root_kdf.cipher_key");
const ANNOUNCEMENT_CHAIN_KEY = utf8Bytes("agraphon.announcement_root_kdf.k_next");
const ANNOUNCEMENT_AUTH_PRE_KEY = utf8Bytes("agraphon.announcement_root_kdf.auth_pre_key");

const ANNOUNCEMENT_AUTH_SALT = utf8Bytes("agraphon.auth_kdf.salt.V1-------");
const ANNOUNCEMENT_AUTH_KEY = utf8Bytes("agraphon.auth_kdf.auth_key");

const MESSAGE_SALT = utf8Bytes("agraphon.message_root_kdf.salt.V1");
const MESSAGE_NONCE = utf8Bytes("agraphon.message_root_kdf.cipher_nonce");
const MESSAGE_CIPHER_KEY = utf8Bytes("agraphon.message_root_kdf.cipher_key");
const MESSAGE_CHAIN_KEY = utf8Bytes("agraphon.message_root_kdf.k_next");

const SEEKER_SALT = utf8Bytes("session.seeker.kdf.salt---------");
const SEEKER_KEY = utf8Bytes("session.seeker.key");

// Ours, not of the protocol: seals local data.
const STORAGE_SALT = utf8Bytes("gossip-sdk.storage.salt");
const STORAGE_KEY = utf8Bytes("gossip-sdk.storage.key.v1");

const ITEM_TAG = 1;
const END_TAG = 0;
const ITEM_HEADER_BYTES = 9;

/** The four seeds of an identity. */
export interface IdentitySeeds {
  readonly dsa: Uint8Array;
  readonly kem: Uint8Array;
  readonly massa: Uint8Array;
  readonly evm: Uint8Array;
}

export function deriveIdentitySeeds(root: Uint8Array, crypto: CryptoProvider): IdentitySeeds {
  const prk = crypto.hkdfExtract(IDENTITY_SALT, frameItems([root]));
  return {
    dsa: crypto.hkdfExpand(prk, DSA_SEED, 32),
    kem: crypto.hkdfExpand(prk, KEM_SEED, 64),
    massa: crypto.hkdfExpand(prk, MASSA_SEED, 32),
    evm: crypto.hkdfExpand(prk, EVM_SECRET, 32),
  };
}

/** Key (32 bytes) for sealing local data. Our own label, so it says nothing about any key of the protocol. */
export function deriveStorageKey(root: Uint8Array, crypto: CryptoProvider): Uint8Array {
  return crypto.hkdfExpand(crypto.hkdfExtract(STORAGE_SALT, frameItems([root])), STORAGE_KEY, 32);
}

/** The two messages that an announcement's signatures cover. */
export function deriveAuthMessages(
  input: { userId: Uint8Array; publicPayload: Uint8Array; authKey: Uint8Array },
  crypto: CryptoProvider,
): { dsa: Uint8Array; massa: Uint8Array } {
  const items = frameItems([input.userId, input.publicPayload, input.authKey]);
  const prk = crypto.hkdfExtract(AUTH_BLOB_SALT, items);
  return {
    dsa: crypto.hkdfExpand(prk, AUTH_DSA_MESSAGE, 32),
    massa: crypto.hkdfExpand(prk, AUTH_MASSA_MESSAGE, 32),
  };
}

/**
 * Keys of one announcement, derived as they are asked for: an announcement for somebody else is told by the cipher
 * key alone.
 */
export class AnnouncementKeys {
  readonly #prk: Uint8Array;
  readonly #crypto: CryptoProvider;

  constructor(
    input: {
      randomness: Uint8Array;
      ciphertext: Uint8Array;
      sharedSecret: Uint8Array;
      recipientKemKey: Uint8Array;
    },
    crypto: CryptoProvider,
  ) {
    this.#crypto = crypto;
    this.#prk = crypto.hkdfExtract(
      ANNOUNCEMENT_SALT,
      frameItems([input.randomness, input.ciphertext, input.sharedSecret, input.recipientKemKey]),
    );
  }

  cipherKey(): Uint8Array {
    return this.#crypto.hkdfExpand(this.#prk, ANNOUNCEMENT_CIPHER_KEY, 64);
  }

  nonce(): Uint8Array {
    return this.#crypto.hkdfExpand(this.#prk, ANNOUNCEMENT_NONCE, 16);
  }

  chainKey(): Uint8Array {
    return this.#crypto.hkdfExpand(this.#prk, ANNOUNCEMENT_CHAIN_KEY, 32);
  }

  /** Binds the signatures to this announcement and to the sender's ephemeral key. */
  authKey(senderKemKey: Uint8Array): Uint8Array {
    const preKey = this.#crypto.hkdfExpand(this.#prk, ANNOUNCEMENT_AUTH_PRE_KEY, 32);
    const prk = this.#crypto.hkdfExtract(
      ANNOUNCEMENT_AUTH_SALT,
      frameItems([preKey, senderKemKey]),
    );
    return this.#crypto.hkdfExpand(prk, ANNOUNCEMENT_AUTH_KEY, 32);
  }
}

/** Keys of one message. */
export interface MessageKeys {
  cipherKey(): Uint8Array;
  nonce(): Uint8Array;
  chainKey(): Uint8Array;
}

/** What the keys of one message follow from, in the order of the derivation. */
export interface MessageKeyInput {
  readonly randomness: Uint8Array;
  /** The chain key of whoever *sends* this message comes first, on both sides. */
  readonly senderChainKey: Uint8Array;
  readonly receiverChainKey: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
  readonly staticCiphertext: Uint8Array;
  readonly staticSharedSecret: Uint8Array;
}

/** Keys of a message we send or try once. */
export function deriveMessageKeys(input: MessageKeyInput, crypto: CryptoProvider): MessageKeys {
  return new MessageKeyTrials(input, crypto).keysFor(input.receiverChainKey, input.sharedSecret);
}

/**
 * Keys of one received message, tried against many own ratchet steps: between two trials only our chain key and the
 * shared secret differ, so the 2.4 kB around them are laid out once.
 */
export class MessageKeyTrials {
  readonly #items: Uint8Array;
  readonly #crypto: CryptoProvider;

  constructor(
    input: Omit<MessageKeyInput, "receiverChainKey" | "sharedSecret">,
    crypto: CryptoProvider,
  ) {
    this.#crypto = crypto;
    this.#items = frameItems([
      input.randomness,
      input.senderChainKey,
      EMPTY_KEY,
      input.ciphertext,
      EMPTY_KEY,
      input.staticCiphertext,
      input.staticSharedSecret,
    ]);
  }

  keysFor(receiverChainKey: Uint8Array, sharedSecret: Uint8Array): MessageKeys {
    this.#items.set(receiverChainKey, RECEIVER_CHAIN_KEY_OFFSET);
    this.#items.set(sharedSecret, SHARED_SECRET_OFFSET);
    const crypto = this.#crypto;
    const prk = crypto.hkdfExtract(MESSAGE_SALT, this.#items);
    return {
      cipherKey: () => crypto.hkdfExpand(prk, MESSAGE_CIPHER_KEY, 64),
      nonce: () => crypto.hkdfExpand(prk, MESSAGE_NONCE, 16),
      chainKey: () => crypto.hkdfExpand(prk, MESSAGE_CHAIN_KEY, 32),
    };
  }
}

const EMPTY_KEY = new Uint8Array(32);
const RECEIVER_CHAIN_KEY_OFFSET = 2 * (ITEM_HEADER_BYTES + 32) + ITEM_HEADER_BYTES;
const SHARED_SECRET_OFFSET =
  RECEIVER_CHAIN_KEY_OFFSET + 32 + (ITEM_HEADER_BYTES + 1088) + ITEM_HEADER_BYTES;

/** Ed25519 seed of the seeker key of the side whose seed comes first (section 6.1). */
export function deriveSeekerSeed(
  senderSeed: Uint8Array,
  receiverSeed: Uint8Array,
  crypto: CryptoProvider,
): Uint8Array {
  const prk = crypto.hkdfExtract(SEEKER_SALT, frameItems([senderSeed, receiverSeed]));
  return crypto.hkdfExpand(prk, SEEKER_KEY, 32);
}

/** Each item as 0x01, its length as u64 big-endian, its bytes; then a final 0x00. */
function frameItems(items: readonly Uint8Array[]): Uint8Array {
  let length = 1;
  for (const item of items) length += ITEM_HEADER_BYTES + item.length;
  const framed = new Uint8Array(length);
  const view = new DataView(framed.buffer);
  let offset = 0;
  for (const item of items) {
    framed[offset] = ITEM_TAG;
    view.setUint32(offset + 5, item.length);
    framed.set(item, offset + ITEM_HEADER_BYTES);
    offset += ITEM_HEADER_BYTES + item.length;
  }
  framed[offset] = END_TAG;
  return framed;
}
