import { utf8Bytes } from "../codec/bytes.ts";
import { deriveIdentitySeeds, deriveStorageKey, PASSWORD_SALT } from "../crypto/kdf.ts";
import type { CryptoProvider } from "../crypto/provider.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import { normalizeMnemonic } from "./mnemonic.ts";
import { encodePublicKeys, type PublicKeyBundle } from "./public-keys.ts";
import type { GossipUserId } from "./user-id.ts";

const ROOT_BYTES = 32;

/** Key material of an identity. Each holder prints `[redacted]`. */
export interface IdentitySecrets {
  /** ML-DSA-65 seed, 32 bytes. */
  readonly dsa: SecretBytes;
  /** ML-KEM-768 seed, 64 bytes. */
  readonly kem: SecretBytes;
  /** Ed25519 seed, 32 bytes. */
  readonly massa: SecretBytes;
  /** secp256k1 scalar, 32 bytes. Used by no message; wallets of the official app derive their address from it. */
  readonly evm: SecretBytes;
}

/** Somebody we can speak as. */
export interface Identity {
  readonly userId: GossipUserId;
  readonly publicKeys: PublicKeyBundle;
  readonly secrets: IdentitySecrets;
  /** 32 bytes for sealing local data. Our own derivation; the official app uses another. */
  readonly storageKey: SecretBytes;
}

/**
 * Derives the identity of a mnemonic (section 4). Takes about 0.2 s, nearly all of it in Argon2id, which the native
 * provider runs off the main thread.
 *
 * @param mnemonic - 12 to 24 BIP39 words; normalized first, so that spacing and letter case cannot give another identity.
 * @throws GossipError `invalid_mnemonic`.
 */
export async function identityFromMnemonic(
  mnemonic: string,
  crypto: CryptoProvider,
): Promise<Identity> {
  const password = utf8Bytes(normalizeMnemonic(mnemonic));
  const root = await crypto.argon2id(password, PASSWORD_SALT, ROOT_BYTES);
  password.fill(0);
  try {
    return identityFromRoot(root, crypto);
  } finally {
    root.fill(0);
  }
}

/** Derives an identity from its 32-byte root secret (section 4, steps 3 and 4). */
export function identityFromRoot(root: Uint8Array, crypto: CryptoProvider): Identity {
  const seeds = deriveIdentitySeeds(root, crypto);
  const secrets: IdentitySecrets = {
    dsa: SecretBytes.consume(seeds.dsa),
    kem: SecretBytes.consume(seeds.kem),
    massa: SecretBytes.consume(seeds.massa),
    evm: SecretBytes.consume(seeds.evm),
  };
  const publicKeys = encodePublicKeys({
    dsaPublicKey: crypto.dsaPublicKey(secrets.dsa),
    kemPublicKey: crypto.kemPublicKey(secrets.kem),
    massaPublicKey: crypto.ed25519PublicKey(secrets.massa),
    // Throws when the scalar is 0 or not below the group order: once in 2^127, and the official code panics there too.
    evmPublicKey: crypto.secp256k1PublicKey(secrets.evm),
  });
  const storageKey = SecretBytes.consume(deriveStorageKey(root, crypto));
  return { userId: publicKeys.userId, publicKeys, secrets, storageKey };
}
