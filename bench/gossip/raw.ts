/**
 * The floor under each operation: the calls of node:crypto and hashes that it cannot avoid, with inputs of the right
 * size at hand, and nothing around them (no framing, no copying, no parsing). Each is called in the quickest way known:
 * HMAC and AES keys as KeyObject, keys that we have used before already imported, and an import wherever the
 * protocol hands us a key for the first time.
 */
import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  encapsulate,
  generateKeyPairSync,
  hash,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { blake3 } from "@noble/hashes/blake3.js";

// Lengths in bytes, docs/protocol/gossip.md sections 2, 5 and 6; frames of the KDF included.
const ANNOUNCEMENT_ROOT_BYTES = 2373;
const ANNOUNCEMENT_AUTH_BYTES = 1235;
const AUTH_BLOB_BYTES = 133;
const MESSAGE_ROOT_BYTES = 2400;
const ANNOUNCEMENT_PLAINTEXT_BYTES = 1184 + 6649;
const BUNDLE_BYTES = 3229;
/** Ratchet key, time, two key texts, and their lengths, around the contents. */
const MESSAGE_OVERHEAD_BYTES = 1184 + 9 + 52 + 53 + 2;
/** Salt, two ciphertexts and the tag, in front of the sealed part. */
const MESSAGE_CLEAR_BYTES = 32 + 1088 + 1088 + 16;
const DSA_CONTEXT = utf8ToBytes("auth.auth_blob.sign.signature_dsa_message");
const LABEL = utf8ToBytes("agraphon.announcement_root_kdf.cipher_key");

const INPUT = randomBytes(16 * 1024);
const SALT = createSecretKey(randomBytes(33));
const MESSAGE = randomBytes(32);

const ownKem = generateKeyPairSync("ml-kem-768");
const ownDsa = generateKeyPairSync("ml-dsa-65");
const ownEd25519 = generateKeyPairSync("ed25519");
const kemPublic = ownKem.publicKey.export({ format: "raw-public" });
const dsaPublic = ownDsa.publicKey.export({ format: "raw-public" });
const ed25519Public = ownEd25519.publicKey.export({ format: "raw-public" });
const ed25519Seed = ownEd25519.privateKey.export({ format: "raw-private" });
const { ciphertext, sharedKey } = encapsulate(ownKem.publicKey);
const dsaSignature = sign(null, MESSAGE, { key: ownDsa.privateKey, context: DSA_CONTEXT });
const ed25519Signature = sign(null, MESSAGE, ownEd25519.privateKey);

/** Foreign announcement: decapsulate, the cipher key, and one block to see that the plaintext is none. */
export function rawBulletinScan(): boolean {
  const secret = decapsulate(ownKem.privateKey, ciphertext);
  const prk = extract(ANNOUNCEMENT_ROOT_BYTES);
  peek(prk);
  return secret.equals(sharedKey);
}

/** Announcement for us: everything from the decapsulation to both signatures. */
export function rawAnnouncementParse(): boolean {
  const secret = decapsulate(ownKem.privateKey, ciphertext);
  const prk = extract(ANNOUNCEMENT_ROOT_BYTES);
  // cipher nonce, two blocks of cipher key, k_next, auth_pre_key
  expand(prk, 5);
  siv(ANNOUNCEMENT_PLAINTEXT_BYTES);
  blake3(INPUT.subarray(0, BUNDLE_BYTES));
  massaChecksum();
  authKeys();
  const dsaKey = createPublicKey({
    key: dsaPublic,
    format: "raw-public",
    asymmetricKeyType: "ml-dsa-65",
  });
  const ed25519Key = importEd25519Public();
  return (
    secret.equals(sharedKey) &&
    verify(null, MESSAGE, { key: dsaKey, context: DSA_CONTEXT }, dsaSignature) &&
    verify(null, MESSAGE, ed25519Key, ed25519Signature)
  );
}

/** Announcement of ours to someone new. */
export function rawAnnouncementCreate(): boolean {
  randomBytes(32);
  const encapsulated = encapsulate(importKemPublic());
  const prk = extract(ANNOUNCEMENT_ROOT_BYTES);
  expand(prk, 5);
  generateKem();
  randomBytes(32);
  authKeys();
  const signature = sign(null, MESSAGE, { key: ownDsa.privateKey, context: DSA_CONTEXT });
  const massaSignature = sign(null, MESSAGE, ownEd25519.privateKey);
  siv(ANNOUNCEMENT_PLAINTEXT_BYTES);
  return (
    encapsulated.ciphertext.length === ciphertext.length &&
    signature.length === dsaSignature.length &&
    massaSignature.equals(ed25519Signature)
  );
}

/** One message out, to a peer whose ratchet key came with its last message. */
export function rawMessageSend(contentsBytes: number): boolean {
  const next = generateKeyPairSync("ed25519");
  next.publicKey.export({ format: "raw-public" });
  next.privateKey.export({ format: "raw-private" });
  massaChecksum();
  massaChecksum();
  randomBytes(32);
  const fresh = encapsulate(importKemPublic());
  const fixed = encapsulate(ownKem.publicKey);
  const prk = extract(MESSAGE_ROOT_BYTES);
  // cipher nonce, two blocks of cipher key, k_next
  expand(prk, 4);
  generateKem();
  siv(MESSAGE_OVERHEAD_BYTES + contentsBytes);
  blake3(INPUT.subarray(0, 33));
  boardHash(contentsBytes);
  const signature = sign(null, MESSAGE, ownEd25519.privateKey);
  return (
    fresh.ciphertext.length === ciphertext.length &&
    fixed.ciphertext.length === ciphertext.length &&
    signature.equals(ed25519Signature)
  );
}

/** One message in, and the address at which to wait for the next one. */
export function rawMessageReceive(contentsBytes: number): boolean {
  blake3(INPUT.subarray(0, 33));
  boardHash(contentsBytes);
  const isSigned = verify(null, MESSAGE, importEd25519Public(), ed25519Signature);
  const fixed = decapsulate(ownKem.privateKey, ciphertext);
  const fresh = decapsulate(ownKem.privateKey, ciphertext);
  const prk = extract(MESSAGE_ROOT_BYTES);
  expand(prk, 4);
  siv(MESSAGE_OVERHEAD_BYTES + contentsBytes);
  massaChecksum();
  const next = createPrivateKey({
    key: ed25519Seed,
    format: "raw-private",
    asymmetricKeyType: "ed25519",
  });
  const nextPublic = createPublicKey(next).export({ format: "raw-public" });
  blake3(INPUT.subarray(0, 33));
  return (
    isSigned &&
    fixed.equals(sharedKey) &&
    fresh.equals(sharedKey) &&
    nextPublic.equals(ed25519Public)
  );
}

/** One message in that fits none of the `misses` newest items of the own history. */
export function rawMessageReceiveAfterMisses(contentsBytes: number, misses: number): boolean {
  for (let i = 0; i < misses; i++) {
    decapsulate(ownKem.privateKey, ciphertext);
    peek(extract(MESSAGE_ROOT_BYTES));
  }
  return rawMessageReceive(contentsBytes);
}

/** HMAC of the whole framed input. */
function extract(inputBytes: number): KeyObject {
  const prk = createHmac("sha256", SALT).update(INPUT.subarray(0, inputBytes)).digest();
  return createSecretKey(prk);
}

function expand(prk: KeyObject, blocks: number): void {
  for (let i = 0; i < blocks; i++) createHmac("sha256", prk).update(LABEL).digest();
}

/** Two blocks of cipher key, the second of which is the CTR key; then the block that tells. */
function peek(prk: KeyObject): void {
  expand(prk, 2);
  const key = createSecretKey(INPUT.subarray(0, 32));
  createCipheriv("aes-256-ctr", key, INPUT.subarray(0, 16)).update(INPUT.subarray(0, 16));
}

/** AES-SIV over [empty aad, nonce, n bytes]: CMAC of zero, aad and nonce, CMAC of the bytes, CTR of the bytes. */
function siv(plaintextBytes: number): void {
  const macKey = createSecretKey(INPUT.subarray(0, 32));
  const streamKey = createSecretKey(INPUT.subarray(32, 64));
  const blocks = createCipheriv("aes-256-ecb", macKey, null);
  blocks.update(INPUT.subarray(0, 16));
  blocks.update(INPUT.subarray(0, 48));
  const padded = (plaintextBytes + 15) & ~15;
  createCipheriv("aes-256-cbc", macKey, INPUT.subarray(0, 16)).update(INPUT.subarray(0, padded));
  createCipheriv("aes-256-ctr", streamKey, INPUT.subarray(0, 16)).update(
    INPUT.subarray(0, plaintextBytes),
  );
}

/** The announcement auth key, then the two messages of the auth blob. */
function authKeys(): void {
  expand(extract(ANNOUNCEMENT_AUTH_BYTES), 1);
  expand(extract(AUTH_BLOB_BYTES), 2);
}

/** Base58Check: SHA-256 twice. */
function massaChecksum(): void {
  hash("sha256", hash("sha256", INPUT.subarray(0, 33), "buffer"), "buffer");
}

function boardHash(contentsBytes: number): void {
  blake3(INPUT.subarray(0, 1 + 34 + MESSAGE_CLEAR_BYTES + MESSAGE_OVERHEAD_BYTES + contentsBytes));
}

function generateKem(): void {
  const pair = generateKeyPairSync("ml-kem-768");
  pair.publicKey.export({ format: "raw-public" });
  pair.privateKey.export({ format: "raw-seed" });
}

function importKemPublic(): KeyObject {
  return createPublicKey({
    key: kemPublic,
    format: "raw-public",
    asymmetricKeyType: "ml-kem-768",
  });
}

function importEd25519Public(): KeyObject {
  return createPublicKey({
    key: ed25519Public,
    format: "raw-public",
    asymmetricKeyType: "ed25519",
  });
}
