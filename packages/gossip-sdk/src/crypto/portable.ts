import { aessiv, ctr } from "@noble/ciphers/aes.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { argon2idAsync } from "@noble/hashes/argon2.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes as systemRandomBytes } from "@noble/hashes/utils.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { copyBytes } from "../codec/bytes.ts";
import { GossipError, malformed } from "../errors.ts";
import { sivCounter } from "./aes-siv-counter.ts";
import { isKemPublicKey } from "./kem-public-key.ts";
import {
  AES_SIV_TAG_BYTES,
  type CryptoProvider,
  DSA_PUBLIC_KEY_BYTES,
  DSA_SIGNATURE_BYTES,
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  KEM_CIPHERTEXT_BYTES,
} from "./provider.ts";
import { ARGON2ID_COST } from "./argon2id-cost.ts";
import { SecretBytes } from "./secret-bytes.ts";

interface ExpandedKey {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

/**
 * The provider in plain JavaScript, for where the native one is missing or fails its self-test, and for replaying
 * published vectors.
 *
 * @param options.randomBytes - Replaces the system's generator; called in the order of section 10.
 */
export function createPortableProvider(
  options: { randomBytes?: (length: number) => Uint8Array } = {},
): CryptoProvider {
  const randomBytes = options.randomBytes ?? systemRandomBytes;
  const kemKeys = new WeakMap<SecretBytes, ExpandedKey>();
  const dsaKeys = new WeakMap<SecretBytes, ExpandedKey>();
  const ed25519Keys = new WeakMap<SecretBytes, Uint8Array>();

  const kemKey = (secret: SecretBytes) =>
    remember(kemKeys, secret, (seed) => ml_kem768.keygen(seed));
  const dsaKey = (secret: SecretBytes) =>
    remember(dsaKeys, secret, (seed) => ml_dsa65.keygen(seed));
  const ed25519Key = (secret: SecretBytes) =>
    remember(ed25519Keys, secret, (seed) => ed25519.getPublicKey(seed));

  return {
    name: "portable",
    randomBytes,

    kemGenerate() {
      const secret = new SecretBytes(randomBytes(64));
      return { secret, publicKey: copyBytes(kemKey(secret).publicKey) };
    },
    kemPublicKey: (secret) => copyBytes(kemKey(secret).publicKey),
    kemEncapsulate(publicKey) {
      if (!isKemPublicKey(publicKey)) {
        throw new GossipError("invalid_public_keys", "ML-KEM: not a public key");
      }
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, randomBytes(32));
      return { ciphertext: cipherText, sharedSecret };
    },
    kemDecapsulate(secret, ciphertext) {
      if (ciphertext.length !== KEM_CIPHERTEXT_BYTES) {
        throw malformed(`ML-KEM: ciphertext of ${ciphertext.length} bytes`);
      }
      return ml_kem768.decapsulate(ciphertext, kemKey(secret).secretKey);
    },

    dsaPublicKey: (secret) => copyBytes(dsaKey(secret).publicKey),
    dsaSign: (secret, message, context) =>
      ml_dsa65.sign(message, dsaKey(secret).secretKey, { context, extraEntropy: randomBytes(32) }),
    dsaVerify(publicKey, message, context, signature) {
      if (publicKey.length !== DSA_PUBLIC_KEY_BYTES) return false;
      if (signature.length !== DSA_SIGNATURE_BYTES) return false;
      return ml_dsa65.verify(signature, message, publicKey, { context });
    },

    ed25519Generate() {
      const secret = new SecretBytes(randomBytes(32));
      return { secret, publicKey: copyBytes(ed25519Key(secret)) };
    },
    ed25519PublicKey: (secret) => copyBytes(ed25519Key(secret)),
    ed25519Sign: (secret, message) => ed25519.sign(message, secret.reveal()),
    ed25519Verify(publicKey, message, signature) {
      if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES) return false;
      if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
      // RFC 8032, as node:crypto does, and not the laxer ZIP 215: the providers should agree on what is signed.
      return ed25519.verify(signature, message, publicKey, { zip215: false });
    },

    secp256k1PublicKey: (secret) => secp256k1.getPublicKey(secret.reveal(), true),

    aesSivSeal: (key, nonce, aad, plaintext) => aessiv(key, aad, nonce).encrypt(plaintext),
    aesSivOpen(key, nonce, aad, sealed) {
      if (sealed.length < AES_SIV_TAG_BYTES) return undefined;
      try {
        return aessiv(key, aad, nonce).decrypt(sealed);
      } catch {
        return undefined;
      }
    },
    aesSivPeek(key, sealed, length) {
      const end = AES_SIV_TAG_BYTES + length;
      return ctr(key.subarray(32), sivCounter(sealed)).decrypt(
        sealed.subarray(AES_SIV_TAG_BYTES, end),
      );
    },

    hkdfExtract: (salt, inputKey) => extract(sha256, inputKey, salt),
    hkdfExpand: (key, info, length) => expand(sha256, key, info, length),

    argon2id: (password, salt, length) =>
      argon2idAsync(password, salt, {
        t: ARGON2ID_COST.passes,
        m: ARGON2ID_COST.memoryKib,
        p: ARGON2ID_COST.parallelism,
        dkLen: length,
      }),
  };
}

function remember<Key>(
  keys: WeakMap<SecretBytes, Key>,
  secret: SecretBytes,
  expandKey: (seed: Uint8Array) => Key,
): Key {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const key = expandKey(secret.reveal());
  keys.set(secret, key);
  return key;
}
