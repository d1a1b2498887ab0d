import { base64urlnopad } from "@scure/base";
import { isFields, type Fields } from "../frame/fields.ts";
import { canonicalText, sha256Of, type SignedFields } from "./canonical.ts";

/**
 * The one name in payloads that is ours (section 2.4). Only the payload of a message survives every hop of the reference, so
 * what must survive lies there.
 */
export const OWN_KEY = "$oc";
export const OWN_VERSION = 1;
/** In front of every id that certifies itself. */
const OWN_ID_PREFIX = "oc1-";
const OWN_SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/;

const ID_TAG = "openclaw-mesh/id/1\n";
const SIGNATURE_TAG = "openclaw-mesh/message/1\n";

/** Whether an id claims to be made from its message. It then has to be: no other message may have it. */
export function isOwnId(messageId: string): boolean {
  return messageId.startsWith(OWN_ID_PREFIX);
}

/** The id of a message whose payload has our part without its signature. */
export function ownIdOf(fields: Omit<SignedFields, "messageId">): string {
  const text = ID_TAG + canonicalText({ ...fields, messageId: "" });
  return OWN_ID_PREFIX + base64urlnopad.encode(sha256Of(text));
}

/** What our inner signature covers. The id is a hash of everything else, so it alone is enough. */
export function ownSignedText(messageId: string): string {
  return SIGNATURE_TAG + messageId;
}

/** Our part of a payload and the payload without that part's signature; undefined when it is not of this version. */
export interface OwnProof {
  readonly signature: Uint8Array;
  readonly unsignedPayloadText: string;
}

/** @param payloadText - JSON as {@link payloadTextOf} writes it. */
export function tryReadOwnProof(payloadText: string | null): OwnProof | undefined {
  if (payloadText === null) return undefined;
  const payload: unknown = JSON.parse(payloadText);
  if (!isFields(payload)) return undefined;
  const own = payload[OWN_KEY];
  if (!isFields(own) || own["v"] !== OWN_VERSION) return undefined;
  const { sig, ...unsigned } = own;
  if (typeof sig !== "string" || !OWN_SIGNATURE.test(sig)) return undefined;
  return {
    signature: base64urlnopad.decode(sig),
    unsignedPayloadText: withOwnPart(payload, unsigned),
  };
}

/** A payload with our part in it; where there is one already, the new one takes its place in the order. */
export function withOwnPart(payload: Fields, own: Fields): string {
  return JSON.stringify({ ...payload, [OWN_KEY]: own });
}
