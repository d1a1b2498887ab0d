import {
  argon2,
  createECDH,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  encapsulate,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { concatBytes, copyBytes, equalBytes, toHex } from "../codec/bytes.ts";
import { GossipError, malformed } from "../errors.ts";
import { open, peek, seal } from "./aes-siv-native.ts";
import { ARGON2ID_COST } from "./argon2id-cost.ts";
import { isKemPublicKey } from "./kem-public-key.ts";
import { KeyCache } from "./key-cache.ts";
import {
  type CryptoProvider,
  DSA_PUBLIC_KEY_BYTES,
  DSA_SIGNATURE_BYTES,
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  KEM_CIPHERTEXT_BYTES,
  type SeededKeyPair,
} from "./provider.ts";
import { SecretBytes } from "./secret-bytes.ts";

const KEM = "ml-kem-768";
const DSA = "ml-dsa-65";
const ED25519 = "ed25519";
type Algorithm = typeof KEM | typeof DSA | typeof ED25519;

// An expanded ML-KEM key takes 11 kB outside the heap and 0.1 ms to import.
const SECRET_CACHE_ENTRIES = 2_048;
const PUBLIC_CACHE_ENTRIES = 1_024;
const HASH_BYTES = 32;
const HMAC_BLOCK_BYTES = 64;
const HMAC_INNER_PAD = 0x36;
const HMAC_OUTER_PAD = 0x5c;
// PKCS #8 around a 64-byte seed: version 0, the OID of ML-KEM-768, and the "seed" choice of RFC 9935.
const KEM_SEED_PKCS8_PREFIX = Buffer.from("3054020100300b060960864801650304040204428040", "hex");

/**
 * The provider on node:crypto. Needs a Node.js whose OpenSSL has ML-KEM, ML-DSA with context and Argon2; create it
 * through select.ts, which tests all of that first.
 */
export function createNativeProvider(): CryptoProvider {
  const secretKeys = new KeyCache<SecretBytes, KeyObject>(SECRET_CACHE_ENTRIES);
  const publicKeys = new KeyCache<Uint8Array, { bytes: Uint8Array; key: KeyObject }>(
    PUBLIC_CACHE_ENTRIES,
  );
  // By content: a receiver derives the key of the next message from this one, and then meets it in a value of the board.
  const verifyKeys = new Map<string, KeyObject>();

  function secretKey(secret: SecretBytes, algorithm: Algorithm): KeyObject {
    const known = secretKeys.get(secret);
    if (known !== undefined) return known;
    const key = importSecret(secret.reveal(), algorithm);
    secretKeys.set(secret, key);
    return key;
  }

  function rememberedKemPublicKey(bytes: Uint8Array): KeyObject {
    const known = publicKeys.get(bytes);
    // Buffers can be written to: what is remembered counts only while the bytes are still the same.
    if (known !== undefined && equalBytes(known.bytes, bytes)) return known.key;
    const key = publicKey(bytes, KEM);
    publicKeys.set(bytes, { bytes: copyBytes(bytes), key });
    return key;
  }

  /** Derives an Ed25519 public key and keeps its imported form: what is signed with it is verified soon. */
  function ed25519PublicKey(secret: SecretBytes): Uint8Array {
    const key = createPublicKey(secretKey(secret, ED25519));
    const bytes = exportPublic(key);
    const oldest = verifyKeys.size < PUBLIC_CACHE_ENTRIES ? undefined : verifyKeys.keys().next();
    if (oldest?.done === false) verifyKeys.delete(oldest.value);
    verifyKeys.set(toHex(bytes), key);
    return bytes;
  }

  function generate(algorithm: typeof KEM | typeof ED25519): SeededKeyPair {
    const pair =
      algorithm === KEM ? generateKeyPairSync(algorithm) : generateKeyPairSync(algorithm);
    const seed = pair.privateKey.export({
      format: algorithm === KEM ? "raw-seed" : "raw-private",
    });
    const secret = SecretBytes.consume(seed);
    secretKeys.set(secret, pair.privateKey);
    return { secret, publicKey: exportPublic(pair.publicKey) };
  }

  return {
    name: "native",
    randomBytes: (length) => new Uint8Array(randomBytes(length)),

    kemGenerate: () => generate(KEM),
    kemPublicKey: (secret) => exportPublic(createPublicKey(secretKey(secret, KEM))),
    kemEncapsulate(bytes) {
      if (!isKemPublicKey(bytes)) {
        throw new GossipError("invalid_public_keys", "ML-KEM: not a public key");
      }
      const { ciphertext, sharedKey } = encapsulate(rememberedKemPublicKey(bytes));
      return { ciphertext, sharedSecret: sharedKey };
    },
    kemDecapsulate(secret, ciphertext) {
      if (ciphertext.length !== KEM_CIPHERTEXT_BYTES) {
        throw malformed(`ML-KEM: ciphertext of ${ciphertext.length} bytes`);
      }
      return decapsulate(secretKey(secret, KEM), ciphertext);
    },

    dsaPublicKey: (secret) => exportPublic(createPublicKey(secretKey(secret, DSA))),
    dsaSign: (secret, message, context) =>
      sign(null, message, { key: secretKey(secret, DSA), context }),
    dsaVerify(key, message, context, signature) {
      if (key.length !== DSA_PUBLIC_KEY_BYTES || signature.length !== DSA_SIGNATURE_BYTES) {
        return false;
      }
      return verify(null, message, { key: publicKey(key, DSA), context }, signature);
    },

    ed25519Generate: () => generate(ED25519),
    ed25519PublicKey,
    ed25519Sign: (secret, message) => sign(null, message, secretKey(secret, ED25519)),
    ed25519Verify(key, message, signature) {
      if (key.length !== ED25519_PUBLIC_KEY_BYTES) return false;
      if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
      const known = verifyKeys.get(toHex(key));
      return verify(null, message, known ?? publicKey(key, ED25519), signature);
    },

    secp256k1PublicKey(secret) {
      const key = createECDH("secp256k1");
      key.setPrivateKey(secret.reveal());
      return new Uint8Array(key.getPublicKey(null, "compressed"));
    },

    aesSivSeal: seal,
    aesSivOpen: open,
    aesSivPeek: peek,

    hkdfExtract: hmac,
    hkdfExpand: expand,

    argon2id: (password, salt, length) =>
      new Promise((resolve, reject) => {
        const cost = {
          memory: ARGON2ID_COST.memoryKib,
          passes: ARGON2ID_COST.passes,
          parallelism: ARGON2ID_COST.parallelism,
        };
        argon2(
          "argon2id",
          { message: password, nonce: salt, tagLength: length, ...cost },
          (error, key) => (error === null ? resolve(key) : reject(error)),
        );
      }),
  };
}

function importSecret(seed: Uint8Array, algorithm: Algorithm): KeyObject {
  if (algorithm !== KEM) {
    const format = algorithm === ED25519 ? "raw-private" : "raw-seed";
    return createPrivateKey({ key: asBuffer(seed), format, asymmetricKeyType: algorithm });
  }
  // The same key as format "raw-seed" gives, in two thirds of the time; a restored session has many to import.
  const der = Buffer.concat([KEM_SEED_PKCS8_PREFIX, seed]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
  }
}

function publicKey(bytes: Uint8Array, algorithm: Algorithm): KeyObject {
  return createPublicKey({
    key: asBuffer(bytes),
    format: "raw-public",
    asymmetricKeyType: algorithm,
  });
}

function exportPublic(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: "raw-public" }));
}

/** HKDF-Expand of RFC 5869 with SHA-256. */
function expand(pseudoRandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array();
  for (let offset = 0, counter = 1; offset < length; offset += HASH_BYTES, counter++) {
    block = hmac(pseudoRandomKey, concatBytes(block, info, Uint8Array.of(counter)));
    out.set(block.subarray(0, length - offset), offset);
  }
  return out;
}

/** HMAC-SHA-256 (RFC 2104). Two one-shot hashes take half the time of an Hmac object, and each message needs five. */
function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  const padded = key.length > HMAC_BLOCK_BYTES ? sha256(key) : key;
  const inner = new Uint8Array(HMAC_BLOCK_BYTES + data.length);
  const outer = new Uint8Array(HMAC_BLOCK_BYTES + HASH_BYTES);
  inner.fill(HMAC_INNER_PAD, 0, HMAC_BLOCK_BYTES);
  outer.fill(HMAC_OUTER_PAD, 0, HMAC_BLOCK_BYTES);
  for (let i = 0; i < padded.length; i++) {
    inner[i]! ^= padded[i]!;
    outer[i]! ^= padded[i]!;
  }
  inner.set(data, HMAC_BLOCK_BYTES);
  outer.set(sha256(inner), HMAC_BLOCK_BYTES);
  return sha256(outer);
}

function sha256(data: Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer");
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
