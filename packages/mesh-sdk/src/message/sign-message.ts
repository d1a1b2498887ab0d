import { base64, base64urlnopad } from "@scure/base";
import { type Fields, isFields, readText } from "../frame/fields.ts";
import { MAX_CHANNEL_ID_LENGTH, MAX_MESSAGE_ID_LENGTH } from "../frame/limits.ts";
import { malformed } from "../errors.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { signText } from "../identity/signature.ts";
import { canonicalText, payloadTextOf, sha256Of } from "./canonical.ts";
import type { CheckedMessage, MeshMessage } from "./message.ts";
import { OWN_KEY, OWN_VERSION, ownIdOf, ownSignedText, withOwnPart } from "./own-proof.ts";
import { BARE_VALUE_KEY } from "./read-content.ts";
import { assertMessageSize, readBody, readPayload } from "./wire.ts";

const NONCE_BYTES = 16;

/** A message to be signed. */
export interface MessageDraft {
  readonly channelId: string;
  /** At most 64 KiB of UTF-8, without NUL. */
  readonly body: string;
  /** Any JSON value; an object keeps its form, anything else is put into one. `$oc` is ours. */
  readonly payload?: unknown;
  readonly timestampMs: number;
  /** 16 random bytes: two messages that are alike otherwise have different ids. */
  readonly nonce: Uint8Array;
  /** The message that this one answers. */
  readonly replyTo?: string | undefined;
  /** Number of this message among ours in the channel, and the id of the one before: a reader sees a gap. */
  readonly seq?: number | undefined;
  readonly prev?: string | undefined;
  /** A sealed direct message (section 5.3); made by {@link sealDirect}. */
  readonly sealed?: Fields | undefined;
}

/**
 * Makes a message of ours (section 2.4): first the id from everything else, then our signature of the id inside the payload,
 * then the reference's signature over all of it. The same draft always gives the same message.
 *
 * @throws MeshError `malformed` | `too_large`: what other peers would refuse is refused here.
 */
export function signMessage(key: MeshKey, draft: MessageDraft): CheckedMessage {
  if (draft.nonce.length !== NONCE_BYTES) {
    throw malformed(`nonce: expected ${NONCE_BYTES} bytes, got ${draft.nonce.length}`);
  }
  const payload = payloadFieldsOf(draft.payload);
  const own = ownPartOf(draft, payload.isBare);
  const unproven = {
    channelId: readText({ channel_id: draft.channelId }, "channel_id", MAX_CHANNEL_ID_LENGTH),
    senderId: key.peerId,
    body: readBody(draft.body),
    timestamp: new Date(draft.timestampMs).toISOString(),
  };
  const messageId = ownIdOf({ ...unproven, payloadText: withOwnPart(payload.fields, own) });
  const sig = base64urlnopad.encode(signText(key, ownSignedText(messageId)));
  const payloadText = withOwnPart(payload.fields, { ...own, sig });
  readPayload(JSON.parse(payloadText));

  const unsigned = { ...unproven, messageId, payloadText };
  const canonical = canonicalText(unsigned);
  const message: MeshMessage = {
    ...unsigned,
    timestampMs: draft.timestampMs,
    signature: base64.encode(signText(key, canonical)),
  };
  assertMessageSize(message);
  return { message, verdict: "verified", digest: sha256Of(canonical) };
}

/** Some readers only know objects, so every payload of ours is one. */
function payloadFieldsOf(payload: unknown): { readonly fields: Fields; readonly isBare: boolean } {
  // As others will read it: without what JSON does not carry.
  const text = payloadTextOf(payload) ?? null;
  const value: unknown = text === null ? undefined : JSON.parse(text);
  if (value === undefined) return { fields: {}, isBare: false };
  if (!isFields(value)) return { fields: { [BARE_VALUE_KEY]: value }, isBare: true };
  if (OWN_KEY in value) throw malformed(`payload: the name ${OWN_KEY} is reserved`);
  return { fields: value, isBare: false };
}

/** The order of the names is part of what is hashed. */
function ownPartOf(draft: MessageDraft, isBare: boolean): Fields {
  const { replyTo, seq, prev, sealed } = draft;
  return {
    v: OWN_VERSION,
    nonce: base64urlnopad.encode(draft.nonce),
    ...(seq === undefined ? {} : { seq }),
    ...(prev === undefined ? {} : { prev: readId(prev, "prev") }),
    ...(replyTo === undefined ? {} : { re: readId(replyTo, "re") }),
    ...(isBare ? { bare: true } : {}),
    ...(sealed === undefined ? {} : { sealed }),
  };
}

function readId(id: string, name: string): string {
  return readText({ [name]: id }, name, MAX_MESSAGE_ID_LENGTH);
}
