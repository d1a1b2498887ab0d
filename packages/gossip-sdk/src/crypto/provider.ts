import type { SecretBytes } from "./secret-bytes.ts";

/** Sizes of the algorithms in bytes; docs/protocol/gossip.md section 1. */
export const KEM_SEED_BYTES = 64;
export const KEM_PUBLIC_KEY_BYTES = 1184;
export const KEM_CIPHERTEXT_BYTES = 1088;
export const DSA_PUBLIC_KEY_BYTES = 1952;
export const DSA_SIGNATURE_BYTES = 3309;
export const ED25519_PUBLIC_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;
export const AES_SIV_TAG_BYTES = 16;

/** A key pair whose secret half is the seed it is made from, never the expanded form. */
export interface SeededKeyPair {
  readonly secret: SecretBytes;
  readonly publicKey: Uint8Array;
}

/** What encapsulating to a public key yields: 1088 bytes for the peer, 32 bytes that only both sides know. */
interface Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/**
 * The algorithms of docs/protocol/gossip.md section 1. Secrets are provider-neutral seeds in a {@link SecretBytes};
 * a provider remembers what it imported for as long as that holder lives, so pass the same holder again. Buffers
 * handed in are read, never kept or changed; buffers handed out belong to the caller.
 *
 * Methods that draw randomness say how much: the portable provider draws in exactly that order, which is what makes
 * published vectors reproducible (section 10).
 */
export interface CryptoProvider {
  readonly name: "native" | "portable";

  randomBytes(length: number): Uint8Array;

  /** ML-KEM-768 key pair from a fresh 64-byte seed. Draws 64. */
  kemGenerate(): SeededKeyPair;
  /** Public key (1184 bytes) of a 64-byte seed. */
  kemPublicKey(secret: SecretBytes): Uint8Array;
  /**
   * Encapsulates to a public key. Draws 32.
   *
   * @throws GossipError `invalid_public_keys` when the key is not 1184 bytes or fails the modulus check of FIPS 203.
   */
  kemEncapsulate(publicKey: Uint8Array): Encapsulation;
  /**
   * Shared secret (32 bytes) of a 1088-byte ciphertext. A ciphertext for another key gives another secret, never an
   * error (FIPS 203): only what is sealed under it tells.
   *
   * @throws GossipError `malformed` on another length.
   */
  kemDecapsulate(secret: SecretBytes, ciphertext: Uint8Array): Uint8Array;

  /** ML-DSA-65 public key (1952 bytes) of a 32-byte seed. */
  dsaPublicKey(secret: SecretBytes): Uint8Array;
  /** Hedged ML-DSA-65 signature (3309 bytes) in pure mode with a context string. Draws 32. */
  dsaSign(secret: SecretBytes, message: Uint8Array, context: Uint8Array): Uint8Array;
  /** False for any key, context or signature that does not verify, wrong lengths too. */
  dsaVerify(
    publicKey: Uint8Array,
    message: Uint8Array,
    context: Uint8Array,
    signature: Uint8Array,
  ): boolean;

  /** Ed25519 key pair from a fresh 32-byte seed. Draws 32. */
  ed25519Generate(): SeededKeyPair;
  /** Ed25519 public key (32 bytes) of a 32-byte seed. */
  ed25519PublicKey(secret: SecretBytes): Uint8Array;
  /** Deterministic RFC 8032 signature, 64 bytes. */
  ed25519Sign(secret: SecretBytes, message: Uint8Array): Uint8Array;
  /** False for anything that does not verify, wrong lengths too. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;

  /**
   * Public key (33 bytes, SEC1 compressed) of a 32-byte scalar.
   *
   * @throws Error when the scalar is 0 or not below the group order.
   */
  secp256k1PublicKey(secret: SecretBytes): Uint8Array;

  /** AES-256-SIV (RFC 5297) over the components [aad, nonce, plaintext]: 16-byte tag, then the ciphertext. */
  aesSivSeal(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array;
  /** The plaintext, or undefined when the tag does not match. */
  aesSivOpen(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined;
  /**
   * The first `length` bytes of what {@link aesSivOpen} would return, **unauthenticated**: SIV encrypts in counter
   * mode starting from the tag, so a prefix costs next to nothing. Use it to reject early, never to accept.
   */
  aesSivPeek(key: Uint8Array, sealed: Uint8Array, length: number): Uint8Array;

  /** HKDF-Extract with SHA-256: a 32-byte pseudo-random key. */
  hkdfExtract(salt: Uint8Array, inputKey: Uint8Array): Uint8Array;
  /** HKDF-Expand with SHA-256. */
  hkdfExpand(pseudoRandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  /** Argon2id with the parameters of section 1 (32 MiB, 4 passes), without blocking the event loop for long. */
  argon2id(password: Uint8Array, salt: Uint8Array, length: number): Promise<Uint8Array>;
}
