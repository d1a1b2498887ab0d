import { hkdfSync, pbkdf2Sync } from "node:crypto";
import { HDKey } from "@scure/bip32";
import { toHex } from "../codec/bytes.ts";
import { ConvosError } from "../errors.ts";
import { type ConvosKey, keyFromBytes } from "./key.ts";
import { normalizeMnemonic } from "./mnemonic.ts";
import { SecretBytes } from "./secret-bytes.ts";

const STORAGE_KEY_INFO = "convos-node-sdk storage key v1";
const FINGERPRINT_INFO = "convos-node-sdk fingerprint v1";
const KEY_BYTES = 32;
const FINGERPRINT_BYTES = 8;
/** BIP39: from words to a seed. */
const SEED_SALT = "mnemonic";
const SEED_ROUNDS = 2048;
const SEED_BYTES = 64;
/** BIP32: an index from here on is hardened. */
const HARDENED_OFFSET = 0x8000_0000;

/**
 * What the keys of all conversations come from. Each conversation has a key of its own, derived with a hardened step:
 * one of them gives neither another one nor the root. Nothing in it can be printed.
 */
export interface ConvosRoot {
  /** 16 hexadecimal characters by which stored state is told to belong to this root. Says nothing about any key. */
  readonly fingerprint: string;
  /**
   * The key `m/44'/60'/index'/0/0`, derived when it is first looked at.
   *
   * @param index - From 0 to 2^31 - 1. Never use one for a second conversation.
   * @throws ConvosError `invalid_input` for another index.
   */
  conversationKey(index: number): ConvosKey;
  /** 32 bytes to seal local data with. */
  storageKey(): SecretBytes;
}

/**
 * The root of a mnemonic. Takes some milliseconds of PBKDF2.
 *
 * @param words - 12 to 24 BIP39 words; normalized first, so that spacing and letter case cannot give another root.
 * @throws ConvosError `invalid_mnemonic`.
 */
export function rootFromMnemonic(words: string): ConvosRoot {
  return new MnemonicRoot(normalizeMnemonic(words));
}

/** Keeps the seed in private fields, which no printer and no serializer shows. */
class MnemonicRoot implements ConvosRoot {
  readonly fingerprint: string;
  readonly #wallet: HDKey;
  readonly #storageKey: SecretBytes;

  constructor(mnemonic: string) {
    // Node.js does in a millisecond what takes JavaScript a hundred, in which a host could do nothing else. The words are
    // normalized to ASCII, so that BIP39's own normalization would change nothing.
    const seed = pbkdf2Sync(mnemonic, SEED_SALT, SEED_ROUNDS, SEED_BYTES, "sha512");
    this.#wallet = HDKey.fromMasterSeed(seed).derive("m/44'/60'");
    this.#storageKey = SecretBytes.consume(expand(seed, STORAGE_KEY_INFO));
    this.fingerprint = toHex(expand(seed, FINGERPRINT_INFO).subarray(0, FINGERPRINT_BYTES));
    seed.fill(0);
  }

  conversationKey(index: number): ConvosKey {
    if (!Number.isInteger(index) || index < 0 || index >= HARDENED_OFFSET) {
      throw new ConvosError(
        "invalid_input",
        "conversation key: the index is not from 0 to 2^31 - 1",
      );
    }
    return new DerivedKey(() => {
      const account = this.#wallet.deriveChild(HARDENED_OFFSET + index);
      const { privateKey } = account.deriveChild(0).deriveChild(0);
      account.wipePrivateData();
      if (privateKey === null)
        throw new Error("conversation key: a private parent has private children");
      return keyFromBytes(privateKey);
    });
  }

  storageKey(): SecretBytes {
    return this.#storageKey;
  }
}

/** A key takes milliseconds. An account with many conversations must not derive all of them in one go at its start. */
class DerivedKey implements ConvosKey {
  readonly #derive: () => ConvosKey;
  #derived: ConvosKey | undefined;

  constructor(derive: () => ConvosKey) {
    this.#derive = derive;
  }

  get privateKey(): SecretBytes {
    return this.#key.privateKey;
  }

  get address(): string {
    return this.#key.address;
  }

  get inboxId(): string {
    return this.#key.inboxId;
  }

  get #key(): ConvosKey {
    this.#derived ??= this.#derive();
    return this.#derived;
  }
}

/** HKDF-SHA256 of the seed, one use per info text. */
function expand(seed: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", seed, "", info, KEY_BYTES));
}
