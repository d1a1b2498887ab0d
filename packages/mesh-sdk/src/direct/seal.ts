import { base64urlnopad } from "@scure/base";
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from "hpke";
import { MeshError } from "../errors.ts";
import type { Fields } from "../frame/fields.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import { readContent } from "../message/read-content.ts";
import { signMessage } from "../message/sign-message.ts";
import { directChannelId, prekeyTag } from "./direct-channel.ts";
import { type DirectContent, encodeDirectContent, parseDirectContent } from "./direct-content.ts";
import { type Prekey, readBytes, tryDecode } from "./prekey.ts";
import type { KeptPrekey, Prekeys } from "./prekeys.ts";

const INFO_TAG = "openclaw-mesh/seal/1\n";
const ENCAPSULATED_BYTES = 32;

/** RFC 9180, base mode. The sender is authenticated by the message around, whose signatures cover the seal. */
const suite = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

/** A message to one peer, to be sealed and signed. */
export interface DirectDraft {
  /** The sender's. */
  readonly key: MeshKey;
  /** The receiver's, by {@link PeerPrekeys}. */
  readonly prekey: Prekey;
  readonly content: Partial<DirectContent>;
  readonly timestampMs: number;
  /** 16 random bytes. */
  readonly nonce: Uint8Array;
  readonly seq?: number | undefined;
  readonly prev?: string | undefined;
}

/**
 * Seals a direct message to the receiver's prekey and signs it, ready to be stored and sent (section 5.3). Sealing the same
 * draft twice gives two messages: keep the first.
 *
 * @throws MeshError `invalid_peer_id` | `no_key_for_peer` | `malformed` | `too_large`.
 */
export async function sealDirect(draft: DirectDraft): Promise<CheckedMessage> {
  return await sealInto(directChannelId(draft.key, draft.prekey.peerId), draft);
}

/** The same in a channel of the caller's choice. */
export async function sealInto(channelId: string, draft: DirectDraft): Promise<CheckedMessage> {
  const { key, prekey, content, timestampMs, nonce, seq, prev } = draft;
  const context = sealContext({
    senderId: key.peerId,
    receiverId: prekey.peerId,
    channelId,
    prekeyVersion: prekey.version,
    timestampMs,
    nonce: base64urlnopad.encode(nonce),
  });
  const sealed = {
    k: prekeyTag(key, prekey.peerId, prekey.version),
    ...(await seal(prekey.publicKey, encodeDirectContent(content), context)),
  };
  return signMessage(key, { channelId, body: "", timestampMs, nonce, seq, prev, sealed });
}

/**
 * Opens a direct message to us.
 *
 * @throws MeshError `cannot_open`: not sealed, not proven, not in the channel of its sender and us, sealed to a prekey that is
 *   gone, or to somebody else. It will never open: tell the operator, do not ask again.
 * @throws MeshError `malformed` | `too_large`: the sender has sealed what breaks the rules.
 */
export async function openDirect(
  checked: CheckedMessage,
  { key, prekeys }: { readonly key: MeshKey; readonly prekeys: Prekeys },
): Promise<DirectContent> {
  const { senderId, channelId } = checked.message;
  if (senderId === key.peerId) throw cannotOpen("we have sent it ourselves");
  if (checked.verdict === "verified" && directChannelId(key, senderId) !== channelId) {
    throw cannotOpen("it lies in another channel than its sender's and ours");
  }
  return await openFrom(checked, { key, prekeys });
}

/** The same in whatever channel the message lies. */
export async function openFrom(
  { message, verdict }: CheckedMessage,
  { key, prekeys }: { readonly key: MeshKey; readonly prekeys: Prekeys },
): Promise<DirectContent> {
  const { sealed, nonce } = readContent(message);
  if (verdict !== "verified") throw cannotOpen("nobody can prove who sent it");
  if (sealed === undefined || nonce === undefined) throw cannotOpen("it is not sealed");
  const { tag, encapsulated, ciphertext } = readSealed(sealed);
  const prekey = prekeys.find(message.senderId, tag);
  if (prekey === undefined) throw cannotOpen("the prekey it was sealed to is gone, or not ours");
  const context = sealContext({
    senderId: message.senderId,
    receiverId: key.peerId,
    channelId: message.channelId,
    prekeyVersion: prekey.version,
    timestampMs: message.timestampMs,
    nonce,
  });
  const opened = await open(prekey, encapsulated, ciphertext, context);
  return parseDirectContent(opened);
}

async function seal(
  publicKey: Uint8Array,
  content: Uint8Array,
  context: { readonly info: Uint8Array; readonly aad: Uint8Array },
): Promise<{ readonly enc: string; readonly ct: string }> {
  try {
    const imported = await suite.DeserializePublicKey(publicKey);
    const { encapsulatedSecret, ciphertext } = await suite.Seal(imported, content, context);
    return {
      enc: base64urlnopad.encode(encapsulatedSecret),
      ct: base64urlnopad.encode(ciphertext),
    };
  } catch (cause) {
    // A point of small order: its owner gave out a prekey under which anybody could read.
    throw new MeshError("no_key_for_peer", "direct message: the receiver's prekey is no key", {
      cause,
    });
  }
}

async function open(
  prekey: KeptPrekey,
  encapsulated: Uint8Array,
  ciphertext: Uint8Array,
  context: { readonly info: Uint8Array; readonly aad: Uint8Array },
): Promise<Uint8Array> {
  try {
    const privateKey = await suite.DeserializePrivateKey(prekey.privateKey);
    // Both halves: from the private one alone the library would ask Node.js for a feature that still warns.
    const publicKey = await suite.DeserializePublicKey(prekey.publicKey);
    return await suite.Open({ privateKey, publicKey }, encapsulated, ciphertext, context);
  } catch (cause) {
    throw new MeshError("cannot_open", "direct message: the seal does not fit", { cause });
  }
}

/** Taken out of its place, a seal opens nowhere: not under another sender, in another channel, or in another message. */
function sealContext(place: {
  readonly senderId: string;
  readonly receiverId: string;
  readonly channelId: string;
  readonly prekeyVersion: number;
  readonly timestampMs: number;
  readonly nonce: string;
}): { readonly info: Uint8Array; readonly aad: Uint8Array } {
  const { senderId, receiverId, channelId, prekeyVersion, timestampMs, nonce } = place;
  const pair = JSON.stringify([senderId, receiverId, channelId, prekeyVersion]);
  return {
    info: Buffer.from(INFO_TAG + pair),
    aad: Buffer.from(JSON.stringify([timestampMs, nonce])),
  };
}

function readSealed(sealed: Fields): {
  readonly tag: string;
  readonly encapsulated: Uint8Array;
  readonly ciphertext: Uint8Array;
} {
  const { k: tag, ct } = sealed;
  const ciphertext = typeof ct === "string" ? tryDecode(ct) : undefined;
  if (typeof tag !== "string" || ciphertext === undefined) throw cannotOpen("the seal is broken");
  return { tag, ciphertext, encapsulated: readBytes(sealed, "enc", ENCAPSULATED_BYTES) };
}

function cannotOpen(why: string): MeshError {
  return new MeshError("cannot_open", `direct message: ${why}`);
}
