import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { base64urlnopad } from "@scure/base";
import { MeshError } from "../errors.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { tryReadPeerId } from "../identity/peer-id.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";

const PAIR_TAG = "openclaw-mesh/direct/1\n";
const CHANNEL_PREFIX = "dm1-";
const PLAIN_PREFIX = "dm:";
const PLAIN_SEPARATOR = ":";
const SECRET_BYTES = 32;
const PREKEY_TAG_BYTES = 9;
/** For each key of ours: an entry is half a millisecond and 200 bytes. */
const MAX_KEPT_PAIRS = 4096;

/** DER in front of raw X25519 keys (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b656e032100", "hex");

interface Pair {
  readonly channelId: string;
  readonly tagKey: Uint8Array;
}

/** What is derived from one key of ours. */
interface Agreements {
  readonly privateKey: KeyObject;
  readonly pairs: Map<string, Pair>;
}

const kept = new WeakMap<MeshKey, Agreements>();

/**
 * The channel in which two peers write to each other (section 5.1). Both find it from their own key and the other's id; to
 * everybody else it is a random name.
 *
 * @throws MeshError `invalid_peer_id`: the other's id is no key, or is our own.
 */
export function directChannelId(key: MeshKey, peerId: string): string {
  return pairOf(key, peerId).channelId;
}

/**
 * Whether a channel is that of a sender and us. Both know it without a word from the other, so a message can be told to be for
 * us before anything else of its sender has come. The first look at a sender costs about two checks of a signature.
 */
export function isDirectChannelOf(key: MeshKey, senderId: string, channelId: string): boolean {
  if (!channelId.startsWith(CHANNEL_PREFIX)) return false;
  try {
    return directChannelId(key, senderId) === channelId;
  } catch (error) {
    if (error instanceof MeshError) return false;
    throw error;
  }
}

/** A short name of a prekey that only the pair can tell: the version itself would say whose it is (section 5.3). */
export function prekeyTag(key: MeshKey, peerId: string, version: number): string {
  const mac = createHmac("sha256", pairOf(key, peerId).tagKey).update(`prekey ${version}`).digest();
  return base64urlnopad.encode(mac.subarray(0, PREKEY_TAG_BYTES));
}

function pairOf(key: MeshKey, peerId: string): Pair {
  const { pairs, privateKey } = agreementsOf(key);
  const known = pairs.get(peerId);
  if (known !== undefined) return known;
  const pair = derivePair(privateKey, key.peerId, peerId);
  // Whoever is pushed out is derived again: a stranger can cost time, not memory.
  if (pairs.size >= MAX_KEPT_PAIRS) pairs.clear();
  pairs.set(peerId, pair);
  return pair;
}

function agreementsOf(key: MeshKey): Agreements {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = { privateKey: agreementKeyOf(key), pairs: new Map<string, Pair>() };
  kept.set(key, made);
  return made;
}

/** The identity key in the form that it has for X25519. It names channels; nothing is sealed with it. */
function agreementKeyOf({ privateKey }: MeshKey): KeyObject {
  const { d = "" } = privateKey.export({ format: "jwk" });
  const seed = new Uint8Array(Buffer.from(d, "base64url"));
  const scalar = ed25519.utils.toMontgomerySecret(seed);
  const der = Buffer.concat([PKCS8_HEAD, scalar]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    for (const secret of [seed, scalar, der]) secret.fill(0);
  }
}

function derivePair(privateKey: KeyObject, ownId: string, peerId: string): Pair {
  const secret = tryAgree(privateKey, peerId);
  if (secret === undefined || peerId === ownId) {
    throw new MeshError(
      "invalid_peer_id",
      "direct message: the receiver's id is no key of another",
    );
  }
  const info = PAIR_TAG + JSON.stringify([ownId, peerId].toSorted());
  const bytes = new Uint8Array(hkdfSync("sha256", secret, "", info, 2 * SECRET_BYTES));
  secret.fill(0);
  return {
    channelId: CHANNEL_PREFIX + base64urlnopad.encode(bytes.subarray(0, SECRET_BYTES)),
    tagKey: bytes.subarray(SECRET_BYTES),
  };
}

/** X25519; undefined where the id is no point, or one with which everybody agrees on the same. */
function tryAgree(privateKey: KeyObject, peerId: string): Uint8Array | undefined {
  const raw = tryReadPublicKey(peerId) === undefined ? undefined : tryReadPeerId(peerId);
  if (raw === undefined) return undefined;
  try {
    const der = Buffer.concat([SPKI_HEAD, ed25519.utils.toMontgomery(raw)]);
    const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return undefined;
  }
}

/**
 * The reference's name for the same: both ids in the clear, in the order of their UTF-16 units. Every relay can read who
 * talks to whom, and what.
 *
 * @throws MeshError `invalid_peer_id` for an id with a colon: `dm:a:b:c` would be two pairs.
 */
export function plainDirectChannelId(one: string, other: string): string {
  const ids = [one, other].toSorted();
  if (ids.some((id) => id === "" || id.includes(PLAIN_SEPARATOR)) || one === other) {
    throw new MeshError("invalid_peer_id", "direct message: an id with a colon names no one pair");
  }
  return PLAIN_PREFIX + ids.join(PLAIN_SEPARATOR);
}

/** Whom a reference name stands for; undefined for any other name and for one that could be read in two ways. */
export function tryReadPlainDirect(channelId: string): readonly [string, string] | undefined {
  if (!channelId.startsWith(PLAIN_PREFIX)) return undefined;
  const [one, other, ...more] = channelId.slice(PLAIN_PREFIX.length).split(PLAIN_SEPARATOR);
  if (one === undefined || other === undefined || more.length > 0) return undefined;
  // Names out of order are not what the two would look under, so they are no one's.
  return one !== "" && one < other ? [one, other] : undefined;
}

/** Whether a channel looks like that of two peers, ours or the reference's. */
export function isDirectChannelId(channelId: string): boolean {
  return channelId.startsWith(CHANNEL_PREFIX) || channelId.startsWith(PLAIN_PREFIX);
}
