import { createBase58check } from "@scure/base";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import type { Checks } from "sdk-kit/vectors";
import { BinWriter } from "../src/codec/bin.ts";
import { toHex, utf8Bytes } from "../src/codec/bytes.ts";
import { formatMassaText } from "../src/codec/massa-text.ts";
import type { CryptoProvider } from "../src/crypto/provider.ts";
import { type Identity, identityFromMnemonic } from "../src/identity/identity.ts";
import { userIdToBytes } from "../src/identity/user-id.ts";
import type { IdentityVector } from "./gossip-vector-file.ts";

const STORAGE_KEY_SALT = new Uint8Array(32);
const STORAGE_KEY_BYTES = 64;

/** Derives an identity and compares everything that the vector says about it. */
export async function replayIdentity(
  name: string,
  vector: IdentityVector,
  crypto: CryptoProvider,
  checks: Checks,
): Promise<Identity> {
  const identity = await identityFromMnemonic(vector.mnemonic, crypto);
  const { publicKeys, secrets } = identity;
  const equal = (field: keyof IdentityVector, actual: string | number) =>
    checks.equal(`${name} ${field}`, actual, vector[field]);

  equal("user_id", identity.userId);
  equal("user_id_hex", toHex(userIdToBytes(identity.userId)));
  equal("public_keys_len", publicKeys.bytes.length);
  equal("public_keys_sha256", toHex(sha256(publicKeys.bytes)));
  if (vector.public_keys_b64 !== undefined) {
    equal("public_keys_b64", Buffer.from(publicKeys.bytes).toString("base64"));
  }
  equal("dsa_verification_key_sha256", toHex(sha256(publicKeys.dsaPublicKey)));
  equal("kem_public_key_sha256", toHex(sha256(publicKeys.kemPublicKey)));
  equal("massa_public_key", versioned(publicKeys.massaPublicKey));
  equal("evm_public_key", toHex(publicKeys.evmPublicKey));
  equal("massa_secret_key", versioned(secrets.massa.reveal()));
  equal("evm_secret_key", toHex(secrets.evm.reveal()));

  const dsaSigningKey = ml_dsa65.keygen(secrets.dsa.reveal()).secretKey;
  const kemSecretKey = ml_kem768.keygen(secrets.kem.reveal()).secretKey;
  equal("dsa_signing_key_len", dsaSigningKey.length);
  equal("dsa_signing_key_sha256", toHex(sha256(dsaSigningKey)));
  equal("kem_secret_key_len", kemSecretKey.length);
  equal("kem_secret_key_sha256", toHex(sha256(kemSecretKey)));
  const secretKeys = new BinWriter()
    .bytes(dsaSigningKey)
    .bytes(kemSecretKey)
    .text(formatMassaText("S", secrets.massa.reveal()))
    .text(formatMassaText("P", publicKeys.massaPublicKey))
    .raw(secrets.evm.reveal())
    .finish();
  equal("secret_keys_len", secretKeys.length);
  equal("secret_keys_sha256", toHex(sha256(secretKeys)));

  equal("massa_address", massaAddress(publicKeys.massaPublicKey));
  equal("evm_address", evmAddress(publicKeys.evmPublicKey));
  const storageKey = await crypto.argon2id(
    utf8Bytes(vector.mnemonic),
    STORAGE_KEY_SALT,
    STORAGE_KEY_BYTES,
  );
  equal("storage_key_zero_salt", toHex(storageKey));
  return identity;
}

function versioned(key: Uint8Array): string {
  return `00${toHex(key)}`;
}

/** Section 4, step 5: "AU" and the Base58Check of version 0 and the hash of the versioned key. */
function massaAddress(publicKey: Uint8Array): string {
  const hash = blake3(Uint8Array.of(0, ...publicKey));
  return `AU${createBase58check(sha256).encode(Uint8Array.of(0, ...hash))}`;
}

/** Section 4, step 5: the last 20 bytes of Keccak-256 of the point, in the mixed case of EIP-55. */
function evmAddress(publicKey: Uint8Array): string {
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  const address = toHex(keccak_256(point.subarray(1)).subarray(-20));
  const caseHash = toHex(keccak_256(utf8Bytes(address)));
  const checksummed = address.replaceAll(/[a-f]/gu, (letter, at: number) =>
    Number.parseInt(caseHash.charAt(at), 16) >= 8 ? letter.toUpperCase() : letter,
  );
  return `0x${checksummed}`;
}
