/**
 * A second implementation of docs/protocol/gossip.md, sections 2 to 8, for tests only: a straightforward composition of
 * noble and scure that shares no code with our SDK and checks no more than the official client does. Whatever both
 * understand is therefore in the specification, not in one author's head.
 */
import { aessiv } from "@noble/ciphers/aes.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { argon2id } from "@noble/hashes/argon2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { bech32, createBase58check } from "@scure/base";

export type Bytes = Uint8Array;
const EMPTY = new Uint8Array(0);
const ascii = utf8ToBytes;

// Section 2: key derivation

function kdf(salt: string, items: readonly Bytes[]): (info: string, length: number) => Bytes {
  const framed = items.flatMap((item) => [Uint8Array.of(1), u64be(item.length), item]);
  const prk = extract(sha256, concatBytes(...framed, Uint8Array.of(0)), ascii(salt));
  return (info, length) => expand(sha256, prk, ascii(info), length);
}

function u64be(value: number): Bytes {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

// Section 3: encodings

function varint(value: number): Bytes {
  if (value < 251) return Uint8Array.of(value);
  const [tag, size] = value < 2 ** 16 ? [251, 2] : value < 2 ** 32 ? [252, 4] : [253, 8];
  const out = new Uint8Array(9);
  out[0] = tag;
  new DataView(out.buffer).setBigUint64(1, BigInt(value), true);
  return out.subarray(0, 1 + size);
}

const vec = (bytes: Bytes): Bytes => concatBytes(varint(bytes.length), bytes);

export class Reader {
  #rest: Bytes;
  constructor(bytes: Bytes) {
    this.#rest = bytes;
  }
  take(length: number): Bytes {
    if (length > this.#rest.length) throw new Error("unexpected end");
    const out = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return out;
  }
  varint(): number {
    const tag = this.take(1)[0] ?? 0;
    if (tag < 251) return tag;
    const padded = new Uint8Array(8);
    padded.set(this.take({ 251: 2, 252: 4, 253: 8 }[tag] ?? 0));
    return Number(new DataView(padded.buffer).getBigUint64(0, true));
  }
  vec(): Bytes {
    return this.take(this.varint());
  }
  get rest(): Bytes {
    return this.#rest;
  }
}

const base58check = createBase58check(sha256);
const massaText = (kind: "P" | "S", key: Bytes): Bytes =>
  ascii(kind + base58check.encode(concatBytes(Uint8Array.of(0), key)));
const massaKey = (text: Bytes): Bytes =>
  base58check.decode(new TextDecoder().decode(text.subarray(1))).subarray(1);

export interface Peer {
  readonly id: Bytes;
  readonly bundle: Bytes;
  readonly dsa: Bytes;
  readonly kem: Bytes;
  readonly massa: Bytes;
}

export function readPeer(reader: Reader): Peer {
  const [dsa, kem, massa, evm] = [reader.vec(), reader.vec(), reader.vec(), reader.vec()];
  const bundle = concatBytes(vec(dsa), vec(kem), vec(massa), vec(evm));
  return { id: blake3(bundle), bundle, dsa, kem, massa: massaKey(massa) };
}

export const formatUserId = (id: Bytes): string => bech32.encodeFromBytes("gossip", id);
export const parseUserId = (text: string): Bytes => bech32.decodeToBytes(text).bytes;

// Section 4: identity

export interface Identity extends Peer {
  readonly dsaSecret: Bytes;
  readonly kemSecret: Bytes;
  readonly massaSecret: Bytes;
}

/** Argon2id takes a second, and tests use the same few people over and over. */
const identities = new Map<string, Identity>();

export function deriveIdentity(mnemonic: string): Identity {
  const identity = identities.get(mnemonic) ?? computeIdentity(mnemonic);
  identities.set(mnemonic, identity);
  return identity;
}

function computeIdentity(mnemonic: string): Identity {
  const salt = ascii("auth.pwd.kdf.salt---------------");
  const root = argon2id(ascii(mnemonic), salt, { m: 32_768, t: 4, p: 1, dkLen: 32 });
  const key = kdf("auth.keypairs.kdf.salt----------", [root]);
  const dsa = ml_dsa65.keygen(key("auth.keypairs.kdf.dsa_randomness", 32));
  const kem = ml_kem768.keygen(key("auth.keypairs.kdf.kem_randomness", 64));
  const massaSecret = key("auth.keypairs.kdf.massa_keypair_bytes", 32);
  const evm = secp256k1.getPublicKey(key("auth.keypairs.kdf.evm_secret_key", 32));
  const massa = massaText("P", ed25519.getPublicKey(massaSecret));
  const bundle = concatBytes(vec(dsa.publicKey), vec(kem.publicKey), vec(massa), vec(evm));
  return {
    ...readPeer(new Reader(bundle)),
    dsaSecret: dsa.secretKey,
    kemSecret: kem.secretKey,
    massaSecret,
  };
}

// Section 5: announcements

const DSA_CONTEXT = ascii("auth.auth_blob.sign.signature_dsa_message");

export interface Outgoing {
  readonly k: Bytes;
  readonly skNext: Bytes;
  readonly ts: number;
  readonly seed: Bytes;
}
export interface Incoming {
  readonly k: Bytes;
  readonly pkNext: Bytes;
  readonly ts: number;
  readonly seed: Bytes;
}

function announcementKeys(r: Bytes, ct: Bytes, ss: Bytes, kem: Bytes) {
  const key = kdf("agraphon.announcement_root_kdf.V1", [r, ct, ss, kem]);
  const info = "agraphon.announcement_root_kdf.";
  return {
    cipher: aessiv(key(`${info}cipher_key`, 64), EMPTY, key(`${info}cipher_nonce`, 16)),
    k: key(`${info}k_next`, 32),
    authPreKey: key(`${info}auth_pre_key`, 32),
  };
}

function authMessages(authPreKey: Bytes, pkNext: Bytes, userId: Bytes, init: Bytes) {
  const auth = kdf("agraphon.auth_kdf.salt.V1-------", [authPreKey, pkNext]);
  const authKey = auth("agraphon.auth_kdf.auth_key", 32);
  const key = kdf("auth.auth_blob.kdf.salt---------", [userId, init, authKey]);
  return {
    dsa: key("auth.auth_blob.kdf.signature_dsa_message", 32),
    massa: key("auth.auth_blob.kdf.signature_massa_message", 32),
  };
}

export function buildAnnouncement(me: Identity, peer: Peer, userData: Bytes, nowMs: number) {
  const r = randomBytes(32);
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(peer.kem);
  const { cipher, k, authPreKey } = announcementKeys(r, cipherText, sharedSecret, peer.kem);
  const next = ml_kem768.keygen();
  const seed = randomBytes(32);
  const init = concatBytes(seed, varint(nowMs));
  const messages = authMessages(authPreKey, next.publicKey, me.id, init);
  const dsa = ml_dsa65.sign(messages.dsa, me.dsaSecret, { context: DSA_CONTEXT });
  const massa = ed25519.sign(messages.massa, me.massaSecret);
  const signatures = [vec(dsa), vec(concatBytes(Uint8Array.of(0), massa))];
  const payload = concatBytes(me.bundle, vec(init), ...signatures, vec(userData));
  const sealed = cipher.encrypt(concatBytes(next.publicKey, payload));
  const outgoing: Outgoing = { k, skNext: next.secretKey, ts: nowMs, seed };
  return { bytes: concatBytes(r, cipherText, sealed), outgoing };
}

export function openAnnouncement(me: Identity, bytes: Bytes) {
  const reader = new Reader(bytes);
  const [r, ct] = [reader.take(32), reader.take(1088)];
  const ss = ml_kem768.decapsulate(ct, me.kemSecret);
  const { cipher, k, authPreKey } = announcementKeys(r, ct, ss, me.kem);
  const plain = new Reader(cipher.decrypt(reader.rest));
  const pkNext = plain.take(1184);
  const peer = readPeer(plain);
  const [init, dsa, massa, userData] = [plain.vec(), plain.vec(), plain.vec(), plain.vec()];
  const messages = authMessages(authPreKey, pkNext, peer.id, init);
  const isSigned =
    ml_dsa65.verify(dsa, messages.dsa, peer.dsa, { context: DSA_CONTEXT }) &&
    ed25519.verify(massa.subarray(1), messages.massa, peer.massa);
  if (!isSigned) throw new Error("bad signature");
  const fields = new Reader(init);
  const incoming: Incoming = { seed: fields.take(32), ts: fields.varint(), k, pkNext };
  return { peer, incoming, userData };
}

/** Section 5.3: two Args strings. */
export function encodeUserData(username: string, message: string): Bytes {
  const texts = [username.trim(), message.trim()];
  return texts.every((text) => text === "") ? EMPTY : concatBytes(...texts.map(encodeArg));
}

function encodeArg(text: string): Bytes {
  const bytes = ascii(text);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length, true);
  return concatBytes(length, bytes);
}

export function decodeUserData(bytes: Bytes): { username: string; message: string } | undefined {
  if (bytes.length === 0) return undefined;
  const reader = new Reader(bytes);
  const text = (): string => {
    const length = new DataView(reader.take(4).buffer).getUint32(0, true);
    return new TextDecoder().decode(reader.take(length));
  };
  return { username: text(), message: text() };
}

// Section 6: the ratchet

interface HistoryItem {
  readonly height: number;
  readonly skNext: Bytes;
  readonly k: Bytes;
  readonly seeker: Bytes;
}
export interface Session {
  history: HistoryItem[];
  peer: { height: number; ourParent: number; pkNext: Bytes; k: Bytes };
  ownSeekerSeed: Bytes;
  peerSeekerSeed: Bytes;
  lastSentMs: number;
}

const seekerSeed = (first: Bytes, second: Bytes): Bytes =>
  kdf("session.seeker.kdf.salt---------", [first, second])("session.seeker.key", 32);

export function createSession(own: Outgoing, peer: Incoming): Session {
  return {
    history: [{ height: 1, skNext: own.skNext, k: own.k, seeker: EMPTY }],
    peer: { height: 1, ourParent: 0, pkNext: peer.pkNext, k: peer.k },
    ownSeekerSeed: seekerSeed(own.seed, peer.seed),
    peerSeekerSeed: seekerSeed(peer.seed, own.seed),
    lastSentMs: own.ts,
  };
}

function seekerOf(publicKey: Bytes): Bytes {
  const hash = blake3(concatBytes(Uint8Array.of(0), publicKey));
  return concatBytes(Uint8Array.of(0x20), hash, Uint8Array.of(1));
}

function messageKeys(items: readonly Bytes[]) {
  const key = kdf("agraphon.message_root_kdf.salt.V1", items);
  const info = "agraphon.message_root_kdf.";
  return {
    cipher: aessiv(key(`${info}cipher_key`, 64), EMPTY, key(`${info}cipher_nonce`, 16)),
    k: key(`${info}k_next`, 32),
  };
}

export function encrypt(session: Session, peer: Peer, contents: Bytes, nowMs: number) {
  const seed = session.ownSeekerSeed;
  const nextSeed = randomBytes(32);
  const publicKey = ed25519.getPublicKey(seed);
  const seeker = seekerOf(publicKey);
  const sentAt = Math.max(nowMs, session.lastSentMs);
  const nextTexts = [massaText("S", nextSeed), massaText("P", ed25519.getPublicKey(nextSeed))];
  const body = concatBytes(varint(sentAt), ...nextTexts.map(vec), vec(contents));
  const last = session.history.at(-1);
  if (last === undefined) throw new Error("no history");
  const r = randomBytes(32);
  const a = ml_kem768.encapsulate(session.peer.pkNext);
  const b = ml_kem768.encapsulate(peer.kem);
  const secrets = [a.cipherText, a.sharedSecret, b.cipherText, b.sharedSecret];
  const { cipher, k } = messageKeys([r, last.k, session.peer.k, ...secrets]);
  const next = ml_kem768.keygen();
  const sealed = cipher.encrypt(concatBytes(next.publicKey, body));
  const inner = concatBytes(r, a.cipherText, b.cipherText, sealed);
  session.history.push({ height: last.height + 1, skNext: next.secretKey, k, seeker });
  session.ownSeekerSeed = nextSeed;
  session.lastSentMs = sentAt;
  const hash = blake3(concatBytes(Uint8Array.of(0x22), seeker, inner));
  const signature = ed25519.sign(hash, seed);
  const head = [Uint8Array.of(0x21, 0), publicKey, Uint8Array.of(0x41, 0), signature];
  return { seeker, data: concatBytes(...head, inner) };
}

export function decrypt(session: Session, me: Identity, seeker: Bytes, data: Bytes): Bytes {
  const reader = new Reader(data);
  const [publicKey, signature, inner] = [reader.vec().subarray(1), reader.vec(), reader.rest];
  const hash = blake3(concatBytes(Uint8Array.of(0x22), seeker, inner));
  if (!equal(seekerOf(publicKey), seeker)) throw new Error("key of another address");
  if (!ed25519.verify(signature.subarray(1), hash, publicKey)) throw new Error("bad signature");
  const parts = new Reader(inner);
  const [r, ct, ctStatic] = [parts.take(32), parts.take(1088), parts.take(1088)];
  const ssStatic = ml_kem768.decapsulate(ctStatic, me.kemSecret);
  for (const item of session.history.toReversed()) {
    const ss = ml_kem768.decapsulate(ct, item.skNext);
    const { cipher, k } = messageKeys([r, session.peer.k, item.k, ct, ss, ctStatic, ssStatic]);
    const plain = attempt(() => new Reader(cipher.decrypt(parts.rest)));
    if (plain === undefined) continue;
    const pkNext = plain.take(1184);
    plain.varint();
    const nextSeed = massaKey(plain.vec());
    plain.vec();
    session.peer = { height: session.peer.height + 1, ourParent: item.height, pkNext, k };
    session.peerSeekerSeed = nextSeed;
    session.history = session.history.filter((own) => own.height >= item.height);
    return plain.vec();
  }
  throw new Error("no history item opens the message");
}

export const awaitedSeeker = (session: Session): Bytes =>
  seekerOf(ed25519.getPublicKey(session.peerSeekerSeed));

const equal = (a: Bytes, b: Bytes): boolean => Buffer.compare(a, b) === 0;

export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

// Section 8: message contents

export interface Content {
  /** 0 text, 1 reply, 4 delete, 5 edit, 6 reaction. */
  readonly type: number;
  readonly messageId: Bytes;
  readonly text: string;
  readonly citedId?: Bytes;
}

/** Every field that is set, in number order, zeros and empty texts included. */
export function encodeContent({ type, messageId, text, citedId }: Content): Bytes {
  const field = (tag: number, bytes: Bytes): Bytes =>
    concatBytes(Uint8Array.of(tag), base128(bytes.length), bytes);
  return concatBytes(
    Uint8Array.of(0x08, type),
    field(0x12, messageId),
    field(0x1a, ascii(text)),
    citedId === undefined ? EMPTY : field(0x22, citedId),
  );
}

export function decodeContent(bytes: Bytes): Content {
  const fields = new Map<number, number | Bytes>();
  const reader = new Reader(bytes);
  while (reader.rest.length > 0) {
    const tag = readBase128(reader);
    const value = readBase128(reader);
    fields.set(tag >> 3, (tag & 7) === 2 ? reader.take(value) : value);
  }
  const [type, messageId, text, citedId] = [1, 2, 3, 4].map((field) => fields.get(field));
  return {
    type: typeof type === "number" ? type : 0,
    messageId: typeof messageId === "object" ? messageId : EMPTY,
    text: typeof text === "object" ? new TextDecoder().decode(text) : "",
    ...(typeof citedId === "object" && { citedId }),
  };
}

function base128(value: number): Bytes {
  const low = value % 128;
  return value < 128
    ? Uint8Array.of(low)
    : concatBytes(Uint8Array.of(low | 128), base128(Math.floor(value / 128)));
}

function readBase128(reader: Reader): number {
  const byte = reader.take(1)[0] ?? 0;
  return byte < 128 ? byte : (byte & 127) + 128 * readBase128(reader);
}
