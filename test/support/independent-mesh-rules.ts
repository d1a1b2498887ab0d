/**
 * What the reference mesh peer does with keys and bytes, written from its published rules alone, for tests only. Nothing
 * here comes from our SDK, so that the two can check each other.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";

/** DER before the 32 bytes of an Ed25519 seed. */
const SEED_HEAD = "302e020100300506032b657004220420";

export interface IndependentKey {
  readonly peerId: string;
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
}

/** A message as it lies in a frame or a store. Names and order are the wire's. */
export interface WireMessage {
  readonly message_id: string;
  readonly channel_id: string;
  readonly sender_id: string;
  readonly body: unknown;
  readonly payload?: unknown;
  readonly timestamp: string;
  readonly signature?: string;
}

export function independentKey(seed: Uint8Array = randomBytes(32)): IndependentKey {
  const der = Buffer.concat([Buffer.from(SEED_HEAD, "hex"), seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKeyPem = createPublicKey(privateKey)
    .export({ format: "pem", type: "spki" })
    .toString();
  return { peerId: peerIdOfPem(publicKeyPem), privateKey, publicKeyPem };
}

/** The last 32 bytes of the SPKI are the key, and the key is the name. */
export function peerIdOfPem(publicKeyPem: string): string {
  const spki = createPublicKey(publicKeyPem).export({ format: "der", type: "spki" });
  return spki.subarray(-32).toString("base64url");
}

/** The text under a signature: six keys in the order of the alphabet, the payload as JSON within JSON. */
export function canonicalText(message: WireMessage): string {
  const { payload } = message;
  return JSON.stringify({
    body: message.body,
    channel_id: message.channel_id,
    message_id: message.message_id,
    payload: payload === undefined || payload === null ? null : JSON.stringify(payload),
    sender_id: message.sender_id,
    timestamp: message.timestamp,
  });
}

/** Standard base64, 88 characters. */
export function signWire(key: IndependentKey, message: WireMessage): string {
  return sign(null, Buffer.from(canonicalText(message)), key.privateKey).toString("base64");
}

/** Forgiving, as the reference is: whatever Node.js decodes counts. */
export function verifyWire(publicKeyPem: string, message: WireMessage, signature: string): boolean {
  return verifyText(publicKeyPem, canonicalText(message), signature);
}

export function verifyText(publicKeyPem: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey(publicKeyPem);
    return verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** The documented name of the channel of two peers; no code of the reference makes one. */
export function directChannelName(one: string, other: string): string {
  return `dm:${[one, other].toSorted().join(":")}`;
}
