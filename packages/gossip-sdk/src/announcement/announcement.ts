import { concatBytes, copyBytes, utf8Bytes } from "../codec/bytes.ts";
import { BinReader, BinWriter } from "../codec/bin.ts";
import { AnnouncementKeys, deriveAuthMessages } from "../crypto/kdf.ts";
import { isKemPublicKey, passesModulusCheck } from "../crypto/kem-public-key.ts";
import {
  AES_SIV_TAG_BYTES,
  type CryptoProvider,
  DSA_SIGNATURE_BYTES,
  ED25519_SIGNATURE_BYTES,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_KEY_BYTES,
} from "../crypto/provider.ts";
import { SecretBytes } from "../crypto/secret-bytes.ts";
import { GossipError, malformed } from "../errors.ts";
import type { Identity } from "../identity/identity.ts";
import { type PublicKeyBundle, readPublicKeys } from "../identity/public-keys.ts";
import { userIdToBytes } from "../identity/user-id.ts";
import { MAX_ANNOUNCEMENT_BYTES, MAX_PUBLIC_KEYS_BYTES, MAX_USER_DATA_BYTES } from "../limits.ts";

const DSA_CONTEXT = utf8Bytes("auth.auth_blob.sign.signature_dsa_message");
const NO_AAD = new Uint8Array();
const RANDOMNESS_BYTES = 32;
const SEED_BYTES = 32;
const SIGNATURE_VERSION = 0;
const MAX_INIT_BYTES = 64; // Seed and time are 41 bytes today.
const SEALED_OFFSET = RANDOMNESS_BYTES + KEM_CIPHERTEXT_BYTES;
const MIN_SEALED_BYTES = AES_SIV_TAG_BYTES + KEM_PUBLIC_KEY_BYTES + 3;
// A canonical bundle starts with the length of its ML-DSA key: 1952 as a variable-length integer.
const BUNDLE_START = [0xfb, 0xa0, 0x07] as const;

/** What we keep of an announcement we sent, until the peer's own makes a session of both (section 5.1). */
export interface OutgoingRequest {
  readonly chainKey: SecretBytes;
  /** Seed of the ephemeral ML-KEM key the peer will answer to, 64 bytes. */
  readonly kemSecret: SecretBytes;
  readonly seekerSeed: SecretBytes;
  readonly createdAtMs: number;
}

/** What we keep of an announcement a peer sent us (section 5.2). */
export interface IncomingRequest {
  readonly peer: PublicKeyBundle;
  readonly chainKey: SecretBytes;
  /** The peer's ephemeral ML-KEM key, 1184 bytes. */
  readonly kemPublicKey: Uint8Array;
  readonly seekerSeed: SecretBytes;
  /** The peer's clock, milliseconds. Signed, but only its word: check it against ours. */
  readonly createdAtMs: number;
}

/** An announcement that was addressed to us and whose signatures hold. */
export interface OpenedAnnouncement {
  readonly sender: PublicKeyBundle;
  readonly request: IncomingRequest;
  readonly userData: Uint8Array;
}

/** The part of an identity that tells whether an announcement is for it; all that a scan worker needs. */
export interface AnnouncementScanKey {
  /** ML-KEM-768 seed, 64 bytes. */
  readonly kemSecret: SecretBytes;
  /** The public key of that seed, 1184 bytes. */
  readonly kemPublicKey: Uint8Array;
}

/**
 * Builds an announcement to one person (section 5.1).
 *
 * @param input.userData - At most 16 KiB; see announcement-payload.ts. Only the recipient can read it.
 * @param input.nowMs - Goes out signed. A peer drops an announcement that is not newer than our last one to it.
 * @returns Bytes for the bulletin (about 8,970 and the user data) and what to keep until the peer answers.
 * @throws GossipError `too_large` | `invalid_public_keys`.
 */
export function createAnnouncement(input: {
  identity: Identity;
  recipient: PublicKeyBundle;
  userData: Uint8Array;
  nowMs: number;
  crypto: CryptoProvider;
}): { bytes: Uint8Array; request: OutgoingRequest } {
  const { identity, recipient, userData, nowMs, crypto } = input;
  if (userData.length > MAX_USER_DATA_BYTES) {
    throw new GossipError(
      "too_large",
      `announcement: ${userData.length} bytes of user data, at most ${MAX_USER_DATA_BYTES} are taken`,
    );
  }
  // The order of the random draws is that of section 10: published vectors depend on it.
  const randomness = crypto.randomBytes(RANDOMNESS_BYTES);
  const { ciphertext, sharedSecret } = crypto.kemEncapsulate(recipient.kemPublicKey);
  const keys = new AnnouncementKeys(
    { randomness, ciphertext, sharedSecret, recipientKemKey: recipient.kemPublicKey },
    crypto,
  );
  const ephemeral = crypto.kemGenerate();
  const seekerSeed = crypto.randomBytes(SEED_BYTES);
  const init = new BinWriter().raw(seekerSeed).varint(nowMs).finish();
  const messages = deriveAuthMessages(
    {
      userId: userIdToBytes(identity.userId),
      publicPayload: init,
      authKey: keys.authKey(ephemeral.publicKey),
    },
    crypto,
  );
  const plaintext = new BinWriter()
    .raw(ephemeral.publicKey)
    .raw(identity.publicKeys.bytes)
    .bytes(init)
    .bytes(crypto.dsaSign(identity.secrets.dsa, messages.dsa, DSA_CONTEXT))
    .varint(1 + ED25519_SIGNATURE_BYTES)
    .u8(SIGNATURE_VERSION)
    .raw(crypto.ed25519Sign(identity.secrets.massa, messages.massa))
    .bytes(userData)
    .finish();
  const sealed = crypto.aesSivSeal(keys.cipherKey(), keys.nonce(), NO_AAD, plaintext);
  return {
    bytes: concatBytes(randomness, ciphertext, sealed),
    request: {
      chainKey: SecretBytes.consume(keys.chainKey()),
      kemSecret: ephemeral.secret,
      seekerSeed: SecretBytes.consume(seekerSeed),
      createdAtMs: nowMs,
    },
  };
}

/**
 * Whether an announcement is certainly not for the owner of a key. This is what the scan of the public bulletin runs
 * on everything; what it lets through goes to {@link openAnnouncement}, which decides.
 *
 * Sound because it looks at the same plaintext as the full parser: SIV encrypts in counter mode from the tag, so a
 * prefix can be had before the whole is authenticated. If the full parser accepts an announcement, its plaintext
 * begins with an ML-KEM key whose coefficients are below 3329 and goes on with a canonical bundle, which starts with
 * FB A0 07; both are demanded there too. So whatever is rejected here is rejected there. A foreign announcement
 * decrypts to noise, and noise passes with a chance below 2^-200.
 */
export function rejectForeignAnnouncement(
  key: AnnouncementScanKey,
  bytes: Uint8Array,
  crypto: CryptoProvider,
): boolean {
  return deriveIfOurs(key, bytes, crypto) === undefined;
}

/**
 * Opens an announcement from the bulletin (section 5.2).
 *
 * @param input.bytes - As downloaded; of any size and from anybody.
 * @returns Undefined when it is not for us (the normal case) or breaks any rule. The age is not looked at: the
 * session rules do that, and a restore scan lifts the limit.
 */
export function openAnnouncement(input: {
  identity: Identity;
  bytes: Uint8Array;
  crypto: CryptoProvider;
}): OpenedAnnouncement | undefined {
  const { identity, bytes, crypto } = input;
  const scanKey = {
    kemSecret: identity.secrets.kem,
    kemPublicKey: identity.publicKeys.kemPublicKey,
  };
  const derived = deriveIfOurs(scanKey, bytes, crypto);
  if (derived === undefined) return undefined;
  const { keys, cipherKey, sealed } = derived;
  const plaintext = crypto.aesSivOpen(cipherKey, keys.nonce(), NO_AAD, sealed);
  if (plaintext === undefined) return undefined;
  try {
    return readPlaintext(plaintext, keys, crypto);
  } catch (error) {
    if (error instanceof GossipError) return undefined;
    throw error;
  }
}

function deriveIfOurs(
  key: AnnouncementScanKey,
  bytes: Uint8Array,
  crypto: CryptoProvider,
): { keys: AnnouncementKeys; cipherKey: Uint8Array; sealed: Uint8Array } | undefined {
  if (bytes.length < SEALED_OFFSET + MIN_SEALED_BYTES || bytes.length > MAX_ANNOUNCEMENT_BYTES) {
    return undefined;
  }
  const ciphertext = bytes.subarray(RANDOMNESS_BYTES, SEALED_OFFSET);
  const sealed = bytes.subarray(SEALED_OFFSET);
  const keys = new AnnouncementKeys(
    {
      randomness: bytes.subarray(0, RANDOMNESS_BYTES),
      ciphertext,
      sharedSecret: crypto.kemDecapsulate(key.kemSecret, ciphertext),
      recipientKemKey: key.kemPublicKey,
    },
    crypto,
  );
  const cipherKey = keys.cipherKey();
  const start = crypto.aesSivPeek(cipherKey, sealed, KEM_PUBLIC_KEY_BYTES + BUNDLE_START.length);
  if (!passesModulusCheck(start)) return undefined;
  for (const [i, byte] of BUNDLE_START.entries()) {
    if (start[KEM_PUBLIC_KEY_BYTES + i] !== byte) return undefined;
  }
  return { keys, cipherKey, sealed };
}

function readPlaintext(
  plaintext: Uint8Array,
  keys: AnnouncementKeys,
  crypto: CryptoProvider,
): OpenedAnnouncement | undefined {
  const kemPublicKey = copyBytes(plaintext, 0, KEM_PUBLIC_KEY_BYTES);
  if (!isKemPublicKey(kemPublicKey)) throw malformed("announcement: ML-KEM key out of range");
  const { keys: sender, end } = readPublicKeys(
    copyBytes(plaintext, KEM_PUBLIC_KEY_BYTES, KEM_PUBLIC_KEY_BYTES + MAX_PUBLIC_KEYS_BYTES),
  );
  const reader = new BinReader(plaintext.subarray(KEM_PUBLIC_KEY_BYTES + end));
  const init = reader.bytes(MAX_INIT_BYTES);
  const dsaSignature = reader.bytesOf(DSA_SIGNATURE_BYTES);
  const massaSignature = reader.bytesOf(1 + ED25519_SIGNATURE_BYTES);
  if (massaSignature[0] !== SIGNATURE_VERSION) throw malformed("announcement: signature version");
  // Bytes after the user data are let be, as the official parser does: a later version may add fields.
  const userData = copyBytes(reader.bytes(MAX_USER_DATA_BYTES));

  const initReader = new BinReader(init);
  const seekerSeed = new SecretBytes(initReader.raw(SEED_BYTES));
  const createdAtMs = initReader.varint();

  const messages = deriveAuthMessages(
    {
      userId: userIdToBytes(sender.userId),
      publicPayload: init,
      authKey: keys.authKey(kemPublicKey),
    },
    crypto,
  );
  const signed =
    crypto.dsaVerify(sender.dsaPublicKey, messages.dsa, DSA_CONTEXT, dsaSignature) &&
    crypto.ed25519Verify(sender.massaPublicKey, messages.massa, massaSignature.subarray(1));
  if (!signed) return undefined;
  const chainKey = SecretBytes.consume(keys.chainKey());
  return {
    sender,
    request: { peer: sender, chainKey, kemPublicKey, seekerSeed, createdAtMs },
    userData,
  };
}
