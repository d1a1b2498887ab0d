import { base64urlnopad } from "@scure/base";
import { malformed, MeshError } from "../errors.ts";
import { type Fields, readCount, readText } from "../frame/fields.ts";
import { MAX_PEER_ID_LENGTH } from "../frame/limits.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";
import { isSignedText, signText } from "../identity/signature.ts";
import { isWeakKey } from "./weak-key.ts";

const PREKEY_VERSION = 1;
const SIGNATURE_TAG = "openclaw-mesh/prekey/1\n";
const MAX_AHEAD_MS = 2 * 60_000;
/** The longest that a prekey may live: a sender must not seal to a key whose loss would tell of months. */
const MAX_PREKEY_LIFE_MS = 30 * 86_400_000;
const MAX_FIELD_LENGTH = 100;

/** The key to which messages for a peer are sealed, for some days (section 5.2). Public. */
export interface Prekey {
  readonly peerId: string;
  /** Rises with every prekey of a peer. */
  readonly version: number;
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly createdAtMs: number;
  /** Nobody seals to it from then on. */
  readonly expiresAtMs: number;
}

/** A prekey with its owner's signature, as it travels: a JSON object. */
export function signPrekey(key: MeshKey, prekey: Omit<Prekey, "peerId">): Fields {
  const owned = { ...prekey, peerId: key.peerId };
  return {
    v: PREKEY_VERSION,
    peer_id: owned.peerId,
    version: owned.version,
    key: base64urlnopad.encode(owned.publicKey),
    created_at: owned.createdAtMs,
    expires_at: owned.expiresAtMs,
    sig: base64urlnopad.encode(signText(key, signedText(owned))),
  };
}

/**
 * Reads a prekey of a stranger. Whether it is newer than the one we know, {@link PeerPrekeys} says.
 *
 * @throws MeshError `malformed`: its form, an expired or too long life, a birth in the future, a key that hides nothing.
 * @throws MeshError `forged`: its owner has not signed it.
 */
export function parsePrekey(fields: Fields, nowMs: number): Prekey {
  if (fields["v"] !== PREKEY_VERSION) throw malformed("prekey: unknown version");
  const prekey: Prekey = {
    peerId: readText(fields, "peer_id", MAX_PEER_ID_LENGTH),
    version: readCount(fields, "version"),
    publicKey: readBytes(fields, "key", 32),
    createdAtMs: readCount(fields, "created_at"),
    expiresAtMs: readCount(fields, "expires_at"),
  };
  if (prekey.createdAtMs > nowMs + MAX_AHEAD_MS) throw malformed("prekey: made in the future");
  if (prekey.expiresAtMs <= nowMs) throw malformed("prekey: expired");
  if (prekey.expiresAtMs - prekey.createdAtMs > MAX_PREKEY_LIFE_MS) {
    throw malformed("prekey: lives longer than 30 days");
  }
  const owner = tryReadPublicKey(prekey.peerId);
  const signature = readBytes(fields, "sig", 64);
  if (owner === undefined || !isSignedText(owner, signedText(prekey), signature)) {
    throw new MeshError("forged", "prekey: the signature is not of its owner");
  }
  if (isWeakKey(prekey.publicKey))
    throw malformed("prekey: everybody could read what is sealed to it");
  return prekey;
}

function signedText({ peerId, version, publicKey, createdAtMs, expiresAtMs }: Prekey): string {
  const key = base64urlnopad.encode(publicKey);
  return SIGNATURE_TAG + JSON.stringify([peerId, version, key, createdAtMs, expiresAtMs]);
}

/** Bytes of a fixed number, in base64url without padding. @throws MeshError `malformed`. */
export function readBytes(fields: Fields, name: string, length: number): Uint8Array {
  const bytes = tryDecode(readText(fields, name, MAX_FIELD_LENGTH));
  if (bytes?.length !== length) throw malformed(`${name}: expected base64url of ${length} bytes`);
  return bytes;
}

/** Base64url without padding; undefined for anything else. */
export function tryDecode(text: string): Uint8Array | undefined {
  try {
    return base64urlnopad.decode(text);
  } catch {
    return undefined;
  }
}
