import { base64urlnopad } from "@scure/base";
import { MeshError } from "../errors.ts";
import { readText } from "../frame/fields.ts";
import { MAX_PEER_ID_LENGTH } from "../frame/limits.ts";
import { type MeshKey, meshKeyFromSeed } from "../identity/mesh-key.ts";
import { tryReadPublicKey } from "../identity/public-keys.ts";
import { isSignedText, signText } from "../identity/signature.ts";
import { sha256Of } from "../message/canonical.ts";
import type { CheckedMessage } from "../message/message.ts";
import { type Prekey, readBytes } from "./prekey.ts";
import type { Fields } from "../frame/fields.ts";
import { openFrom, sealInto } from "./seal.ts";
import type { Prekeys } from "./prekeys.ts";

const BOX_TAG = "openclaw-mesh/box/1\n";
const BOX_PREFIX = "box1-";
const KNOCK_TAG = "openclaw-mesh/knock/1\n";
const SEED_BYTES = 32;
const NONCE_BYTES = 16;
/** The name under which a prekey lies in the payload of a message. */
const PREKEY_FIELD = "prekey";

/**
 * Where a peer lays out its prekey and where strangers knock (section 5.1). Whoever knows the id can find it; the peer
 * listens to it always.
 */
export function boxChannelId(peerId: string): string {
  return BOX_PREFIX + base64urlnopad.encode(sha256Of(BOX_TAG + peerId));
}

/** The payload with which a peer lays out a prekey in its own box; `Prekeys.current()` gives the fields. */
export function prekeyPayload(prekey: Fields): Fields {
  return { [PREKEY_FIELD]: prekey };
}

/** The prekey in a payload, still to be checked by `PeerPrekeys.learn`; undefined where there is none. */
export function tryReadPrekeyPayload(payload: unknown): Fields | undefined {
  if (typeof payload !== "object" || payload === null || !(PREKEY_FIELD in payload)) {
    return undefined;
  }
  const { [PREKEY_FIELD]: prekey } = payload;
  return typeof prekey === "object" && prekey !== null ? { ...prekey } : undefined;
}

/**
 * Tells a peer that we are going to write to it, so that it listens to the channel of the two of us. The knock is signed by
 * a key that is used once and forgotten: relays see that somebody knocks, not who.
 *
 * @param draft.own - Our own prekey, signed, so that an answer needs no question.
 * @param draft.random - Gives so many random bytes.
 * @throws MeshError `invalid_peer_id`.
 */
export async function sealKnock(draft: {
  readonly key: MeshKey;
  readonly prekey: Prekey;
  readonly own: Fields;
  readonly timestampMs: number;
  readonly random: (length: number) => Uint8Array;
}): Promise<CheckedMessage> {
  const { key, prekey, own, timestampMs, random } = draft;
  const seed = random(SEED_BYTES);
  const once = meshKeyFromSeed(seed);
  seed.fill(0);
  const proof = signText(key, knockText(once.peerId, key.peerId, prekey.peerId));
  const knock = { from: key.peerId, sig: base64urlnopad.encode(proof) };
  return await sealInto(boxChannelId(prekey.peerId), {
    key: once,
    prekey,
    content: { knock, prekey: own },
    timestampMs,
    nonce: random(NONCE_BYTES),
  });
}

/**
 * Opens a knock in our box.
 *
 * @returns Who knocks, proven, and the prekey that came with it, still to be checked by `PeerPrekeys.learn`.
 * @throws MeshError `cannot_open` | `malformed` | `forged`.
 */
export async function openKnock(
  checked: CheckedMessage,
  { key, prekeys }: { readonly key: MeshKey; readonly prekeys: Prekeys },
): Promise<{ readonly peerId: string; readonly prekey: Fields | undefined }> {
  if (checked.message.channelId !== boxChannelId(key.peerId)) {
    throw new MeshError("cannot_open", "knock: not in our box");
  }
  const { knock, prekey } = await openFrom(checked, { key, prekeys });
  if (knock === undefined) throw new MeshError("cannot_open", "knock: nobody is named in it");
  const peerId = readText(knock, "from", MAX_PEER_ID_LENGTH);
  const publicKey = tryReadPublicKey(peerId);
  const text = knockText(checked.message.senderId, peerId, key.peerId);
  if (publicKey === undefined || !isSignedText(publicKey, text, readBytes(knock, "sig", 64))) {
    throw new MeshError("forged", "knock: not signed by who is named in it");
  }
  return { peerId, prekey };
}

/** Bound to the key that is used once, so that a receiver cannot knock elsewhere in its sender's name. */
function knockText(onceId: string, senderId: string, receiverId: string): string {
  return KNOCK_TAG + JSON.stringify([onceId, senderId, receiverId]);
}
