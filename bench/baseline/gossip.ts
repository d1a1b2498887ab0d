/**
 * The yardstick of `npm run bench -- gossip`: sections 2 to 6 of docs/protocol/gossip.md composed from @noble and
 * @scure in the most direct way, with no cache, no early exit and no native code. It imports nothing of gossip-sdk, so
 * that a faster SDK cannot move the yardstick. baseline/gossip.test.ts holds it to the official vectors.
 */
import { aessiv } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { argon2id } from "@noble/hashes/argon2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { BinReader, deriveKeys, massaText, parseMassaText, sized, varint } from "./encoding.ts";

const KEM_PUBLIC_BYTES = 1184;
const KEM_CIPHERTEXT_BYTES = 1088;
const DSA_CONTEXT = utf8ToBytes("auth.auth_blob.sign.signature_dsa_message");
const EMPTY = new Uint8Array();

/** `length` random bytes; the draws come in the order of section 10. */
export type Random = (length: number) => Uint8Array;

export interface BaselinePublicKeys {
  readonly bytes: Uint8Array;
  readonly userId: Uint8Array;
  readonly dsa: Uint8Array;
  readonly kem: Uint8Array;
  readonly massa: Uint8Array;
}

export interface BaselineIdentity {
  readonly publicKeys: BaselinePublicKeys;
  readonly dsaSecret: Uint8Array;
  readonly kemSecret: Uint8Array;
  readonly massaSecret: Uint8Array;
}

export interface OutgoingRequest {
  readonly chainKey: Uint8Array;
  readonly kemSecret: Uint8Array;
  readonly seekerSeed: Uint8Array;
}

export interface IncomingRequest {
  readonly sender: BaselinePublicKeys;
  readonly chainKey: Uint8Array;
  readonly kemPublic: Uint8Array;
  readonly seekerSeed: Uint8Array;
  readonly sentAtMs: number;
}

interface HistoryItem {
  readonly height: number;
  readonly kemSecret: Uint8Array;
  readonly chainKey: Uint8Array;
  readonly seeker: Uint8Array;
}

export interface BaselineSession {
  readonly history: readonly HistoryItem[];
  readonly peer: {
    readonly height: number;
    readonly kemPublic: Uint8Array;
    readonly chainKey: Uint8Array;
  };
  readonly peerKeys: BaselinePublicKeys;
  readonly ownSeekerSeed: Uint8Array;
  readonly peerSeekerSeed: Uint8Array;
}

/** Section 4: words to keys. Takes about a second: Argon2id in JavaScript. */
export function identityFromWords(words: string): BaselineIdentity {
  const root = argon2id(utf8ToBytes(words), utf8ToBytes("auth.pwd.kdf.salt---------------"), {
    m: 32_768,
    t: 4,
    p: 1,
    dkLen: 32,
  });
  return identityFromRoot(root);
}

/** Section 4, steps 3 and 4: the keys of a 32-byte root secret. */
export function identityFromRoot(root: Uint8Array): BaselineIdentity {
  const derive = deriveKeys("auth.keypairs.kdf.salt----------", [root]);
  const dsa = ml_dsa65.keygen(derive("auth.keypairs.kdf.dsa_randomness", 32));
  const kem = ml_kem768.keygen(derive("auth.keypairs.kdf.kem_randomness", 64));
  const massaSecret = derive("auth.keypairs.kdf.massa_keypair_bytes", 32);
  const evm = secp256k1.getPublicKey(derive("auth.keypairs.kdf.evm_secret_key", 32), true);
  const bytes = concatBytes(
    sized(dsa.publicKey),
    sized(kem.publicKey),
    sized(massaText("P", ed25519.getPublicKey(massaSecret))),
    sized(evm),
  );
  return {
    publicKeys: readPublicKeys(new BinReader(bytes)),
    dsaSecret: dsa.secretKey,
    kemSecret: kem.secretKey,
    massaSecret,
  };
}

/** Section 3.3: a key bundle; its id is the hash of its re-encoded bytes. */
function readPublicKeys(reader: BinReader): BaselinePublicKeys {
  const dsa = reader.sized();
  const kem = reader.sized();
  const massa = parseMassaText("P", reader.text());
  const evm = reader.sized();
  const bytes = concatBytes(sized(dsa), sized(kem), sized(massaText("P", massa)), sized(evm));
  return { bytes, userId: blake3(bytes), dsa, kem, massa };
}

/** Section 5.1: one announcement of `identity` for `recipient`. */
export function createAnnouncement(
  identity: BaselineIdentity,
  recipient: BaselinePublicKeys,
  userData: Uint8Array,
  nowMs: number,
  random: Random = randomBytes,
): { bytes: Uint8Array; request: OutgoingRequest } {
  const salt = random(32);
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(recipient.kem, random(32));
  const root = announcementKeys(salt, cipherText, sharedSecret, recipient.kem);
  const ephemeral = ml_kem768.keygen(random(64));
  const seekerSeed = random(32);
  const init = concatBytes(seekerSeed, varint(nowMs));
  const messages = authMessages(root.authPreKey, ephemeral.publicKey, identity.publicKeys, init);
  const signature = ml_dsa65.sign(messages.dsa, identity.dsaSecret, {
    context: DSA_CONTEXT,
    extraEntropy: random(32),
  });
  const massaSignature = ed25519.sign(messages.massa, identity.massaSecret);
  const sealed = aessiv(root.cipherKey, EMPTY, root.nonce).encrypt(
    concatBytes(
      ephemeral.publicKey,
      identity.publicKeys.bytes,
      sized(init),
      sized(signature),
      sized(concatBytes(Uint8Array.of(0), massaSignature)),
      sized(userData),
    ),
  );
  return {
    bytes: concatBytes(salt, cipherText, sealed),
    request: { chainKey: root.chainKey, kemSecret: ephemeral.secretKey, seekerSeed },
  };
}

/** Section 5.2: undefined when the announcement is for someone else or does not verify. */
export function openAnnouncement(
  identity: BaselineIdentity,
  bytes: Uint8Array,
): { request: IncomingRequest; userData: Uint8Array } | undefined {
  try {
    const salt = bytes.subarray(0, 32);
    const cipherText = bytes.subarray(32, 32 + KEM_CIPHERTEXT_BYTES);
    const sharedSecret = ml_kem768.decapsulate(cipherText, identity.kemSecret);
    const root = announcementKeys(salt, cipherText, sharedSecret, identity.publicKeys.kem);
    const plaintext = aessiv(root.cipherKey, EMPTY, root.nonce).decrypt(
      bytes.subarray(32 + KEM_CIPHERTEXT_BYTES),
    );
    const reader = new BinReader(plaintext);
    const kemPublic = reader.raw(KEM_PUBLIC_BYTES);
    const sender = readPublicKeys(reader);
    const init = reader.sized();
    const signature = reader.sized();
    const massaSignature = reader.sized();
    const userData = reader.sized();
    const messages = authMessages(root.authPreKey, kemPublic, sender, init);
    const isGenuine =
      ml_dsa65.verify(signature, messages.dsa, sender.dsa, { context: DSA_CONTEXT }) &&
      massaSignature[0] === 0 &&
      ed25519.verify(massaSignature.subarray(1), messages.massa, sender.massa);
    if (!isGenuine) return undefined;
    const initReader = new BinReader(init);
    const seekerSeed = initReader.raw(32);
    const sentAtMs = initReader.varint();
    return {
      request: { sender, chainKey: root.chainKey, kemPublic, seekerSeed, sentAtMs },
      userData,
    };
  } catch {
    // A failed tag is the normal case: every client tries every announcement of the network.
    return undefined;
  }
}

/** Section 6.1: the session that one announcement in each direction makes. */
export function createSession(own: OutgoingRequest, peer: IncomingRequest): BaselineSession {
  return {
    history: [{ height: 1, kemSecret: own.kemSecret, chainKey: own.chainKey, seeker: EMPTY }],
    peer: { height: 1, kemPublic: peer.kemPublic, chainKey: peer.chainKey },
    peerKeys: peer.sender,
    ownSeekerSeed: seekerSeedOf(own.seekerSeed, peer.seekerSeed),
    peerSeekerSeed: seekerSeedOf(peer.seekerSeed, own.seekerSeed),
  };
}

/** Section 6.2: the board address of an Ed25519 seeker seed. */
export function seekerOf(seed: Uint8Array): Uint8Array {
  return seekerOfPublicKey(ed25519.getPublicKey(seed));
}

/** Section 6.3: encrypts `contents` and moves the own chain on. */
export function sendMessage(
  session: BaselineSession,
  contents: Uint8Array,
  nowMs: number,
  random: Random = randomBytes,
): { session: BaselineSession; seeker: Uint8Array; data: Uint8Array } {
  const last = newest(session);
  const nextSeed = random(32);
  const ownPublic = ed25519.getPublicKey(session.ownSeekerSeed);
  const seeker = seekerOfPublicKey(ownPublic);
  const body = concatBytes(
    varint(nowMs),
    sized(massaText("S", nextSeed)),
    sized(massaText("P", ed25519.getPublicKey(nextSeed))),
    sized(contents),
  );
  const salt = random(32);
  const fresh = ml_kem768.encapsulate(session.peer.kemPublic, random(32));
  const fixed = ml_kem768.encapsulate(session.peerKeys.kem, random(32));
  const root = messageKeys([
    salt,
    last.chainKey,
    session.peer.chainKey,
    fresh.cipherText,
    fresh.sharedSecret,
    fixed.cipherText,
    fixed.sharedSecret,
  ]);
  const next = ml_kem768.keygen(random(64));
  const sealed = aessiv(root.cipherKey, EMPTY, root.nonce).encrypt(
    concatBytes(next.publicKey, body),
  );
  const inner = concatBytes(salt, fresh.cipherText, fixed.cipherText, sealed);
  const signature = ed25519.sign(boardHash(seeker, inner), session.ownSeekerSeed);
  const item = {
    height: last.height + 1,
    kemSecret: next.secretKey,
    chainKey: root.chainKey,
    seeker,
  };
  return {
    session: { ...session, history: [...session.history, item], ownSeekerSeed: nextSeed },
    seeker,
    data: concatBytes(Uint8Array.of(0x21, 0), ownPublic, Uint8Array.of(0x41, 0), signature, inner),
  };
}

/** Section 6.4: undefined when the value is not what the peer would have put at this address. */
export function receiveMessage(
  session: BaselineSession,
  identity: BaselineIdentity,
  seeker: Uint8Array,
  data: Uint8Array,
):
  | {
      session: BaselineSession;
      contents: Uint8Array;
      sentAtMs: number;
      acknowledged: readonly Uint8Array[];
    }
  | undefined {
  const posterKey = data.subarray(2, 34);
  const inner = data.subarray(100);
  const isFramed = data[0] === 0x21 && data[1] === 0 && data[34] === 0x41 && data[35] === 0;
  if (!isFramed || !equalBytes(seekerOfPublicKey(posterKey), seeker)) return undefined;
  if (!ed25519.verify(data.subarray(36, 100), boardHash(seeker, inner), posterKey)) {
    return undefined;
  }
  const salt = inner.subarray(0, 32);
  const freshText = inner.subarray(32, 32 + KEM_CIPHERTEXT_BYTES);
  const fixedText = inner.subarray(32 + KEM_CIPHERTEXT_BYTES, 32 + 2 * KEM_CIPHERTEXT_BYTES);
  const sealed = inner.subarray(32 + 2 * KEM_CIPHERTEXT_BYTES);
  const fixedSecret = ml_kem768.decapsulate(fixedText, identity.kemSecret);
  for (const item of session.history.toReversed()) {
    const freshSecret = ml_kem768.decapsulate(freshText, item.kemSecret);
    const root = messageKeys([
      salt,
      session.peer.chainKey,
      item.chainKey,
      freshText,
      freshSecret,
      fixedText,
      fixedSecret,
    ]);
    let plaintext: Uint8Array;
    try {
      plaintext = aessiv(root.cipherKey, EMPTY, root.nonce).decrypt(sealed);
    } catch {
      continue;
    }
    const reader = new BinReader(plaintext);
    const kemPublic = reader.raw(KEM_PUBLIC_BYTES);
    const sentAtMs = reader.varint();
    const peerSeekerSeed = parseMassaText("S", reader.text());
    reader.text();
    const contents = reader.sized();
    return {
      session: {
        ...session,
        history: session.history.filter((kept) => kept.height >= item.height),
        peer: { height: session.peer.height + 1, kemPublic, chainKey: root.chainKey },
        peerSeekerSeed,
      },
      contents,
      sentAtMs,
      acknowledged: session.history
        .filter((known) => known.height <= item.height)
        .map((known) => known.seeker),
    };
  }
  return undefined;
}

function announcementKeys(
  salt: Uint8Array,
  cipherText: Uint8Array,
  sharedSecret: Uint8Array,
  recipientKem: Uint8Array,
): {
  nonce: Uint8Array;
  cipherKey: Uint8Array;
  chainKey: Uint8Array;
  authPreKey: Uint8Array;
} {
  const derive = deriveKeys("agraphon.announcement_root_kdf.V1", [
    salt,
    cipherText,
    sharedSecret,
    recipientKem,
  ]);
  return {
    nonce: derive("agraphon.announcement_root_kdf.cipher_nonce", 16),
    cipherKey: derive("agraphon.announcement_root_kdf.cipher_key", 64),
    chainKey: derive("agraphon.announcement_root_kdf.k_next", 32),
    authPreKey: derive("agraphon.announcement_root_kdf.auth_pre_key", 32),
  };
}

function authMessages(
  authPreKey: Uint8Array,
  ephemeralPublic: Uint8Array,
  sender: BaselinePublicKeys,
  init: Uint8Array,
): { dsa: Uint8Array; massa: Uint8Array } {
  const deriveAuth = deriveKeys("agraphon.auth_kdf.salt.V1-------", [authPreKey, ephemeralPublic]);
  const authKey = deriveAuth("agraphon.auth_kdf.auth_key", 32);
  const derive = deriveKeys("auth.auth_blob.kdf.salt---------", [sender.userId, init, authKey]);
  return {
    dsa: derive("auth.auth_blob.kdf.signature_dsa_message", 32),
    massa: derive("auth.auth_blob.kdf.signature_massa_message", 32),
  };
}

function messageKeys(items: readonly Uint8Array[]): {
  nonce: Uint8Array;
  cipherKey: Uint8Array;
  chainKey: Uint8Array;
} {
  const derive = deriveKeys("agraphon.message_root_kdf.salt.V1", items);
  return {
    nonce: derive("agraphon.message_root_kdf.cipher_nonce", 16),
    cipherKey: derive("agraphon.message_root_kdf.cipher_key", 64),
    chainKey: derive("agraphon.message_root_kdf.k_next", 32),
  };
}

function seekerSeedOf(first: Uint8Array, second: Uint8Array): Uint8Array {
  return deriveKeys("session.seeker.kdf.salt---------", [first, second])("session.seeker.key", 32);
}

function seekerOfPublicKey(publicKey: Uint8Array): Uint8Array {
  const hash = blake3(concatBytes(Uint8Array.of(0), publicKey));
  return concatBytes(Uint8Array.of(0x20), hash, Uint8Array.of(1));
}

function boardHash(seeker: Uint8Array, inner: Uint8Array): Uint8Array {
  return blake3(concatBytes(Uint8Array.of(0x22), seeker, inner));
}

function newest(session: BaselineSession): HistoryItem {
  const last = session.history.at(-1);
  if (last === undefined) throw new RangeError("a session has at least one history item");
  return last;
}
