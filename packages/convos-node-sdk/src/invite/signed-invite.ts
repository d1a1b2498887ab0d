import { copyBytes, toHex, tryFromHex } from "../codec/bytes.ts";
import {
  ProtobufWriter,
  readBytes,
  readFields,
  readSfixed64,
  readText,
  readVarint,
} from "../codec/protobuf.ts";
import { ConvosError, malformed } from "../errors.ts";
import { SIGNATURE_BYTES } from "./signature.ts";

/** What an invite says (section 1.4). All of it is the creator's word, and shown texts are any text at all. */
export interface InvitePayload {
  /** Sealed conversation id; only the creator can open it. */
  readonly token: Uint8Array;
  /** 64 hexadecimal characters. */
  readonly creatorInboxId: string;
  /** The group shows the same one; it changes when invites are revoked. */
  readonly tag: string;
  readonly name?: string;
  readonly description?: string;
  readonly imageUrl?: string;
  /** When the conversation ends, in Unix seconds. */
  readonly conversationExpiresAtUnix?: number;
  /** When the invite ends, in Unix seconds. */
  readonly expiresAtUnix?: number;
  /** Whether it admits one person only. Only the creator can enforce it. */
  readonly expiresAfterUse: boolean;
  readonly emoji?: string;
}

/** An invite as it came. */
export interface SignedInvite {
  /** The bytes that were signed. Verify and forward these; the payload written again may differ. */
  readonly payloadBytes: Uint8Array;
  /** 65 bytes. */
  readonly signature: Uint8Array;
  readonly payload: InvitePayload;
}

const INVITE = { payload: 1, signature: 2 } as const;
const PAYLOAD = {
  token: 1,
  creatorInboxId: 2,
  tag: 3,
  name: 4,
  description: 5,
  imageUrl: 6,
  conversationExpiresAtUnix: 7,
  expiresAtUnix: 8,
  expiresAfterUse: 9,
  emoji: 10,
} as const;
const INBOX_ID_BYTES = 32;

/** Wraps a payload and its signature. */
export function encodeSignedInvite(payloadBytes: Uint8Array, signature: Uint8Array): Uint8Array {
  return new ProtobufWriter()
    .bytes(INVITE.payload, payloadBytes)
    .bytes(INVITE.signature, signature)
    .finish();
}

/**
 * Writes a payload as the official CLI does: in field order, and `expiresAfterUse` also when it is false.
 *
 * @throws ConvosError `invalid_input` for a creator that is not an inbox id, and for an empty tag.
 */
export function encodeInvitePayload(payload: InvitePayload): Uint8Array {
  const creator = tryFromHex(payload.creatorInboxId);
  if (creator?.length !== INBOX_ID_BYTES) {
    throw new ConvosError("invalid_input", "invite: the creator is not an inbox id");
  }
  if (payload.tag === "") throw new ConvosError("invalid_input", "invite: the tag is empty");
  const writer = new ProtobufWriter()
    .bytes(PAYLOAD.token, payload.token)
    .bytes(PAYLOAD.creatorInboxId, creator)
    .text(PAYLOAD.tag, payload.tag);
  if (payload.name) writer.text(PAYLOAD.name, payload.name);
  if (payload.description) writer.text(PAYLOAD.description, payload.description);
  if (payload.imageUrl) writer.text(PAYLOAD.imageUrl, payload.imageUrl);
  if (payload.conversationExpiresAtUnix) {
    writer.sfixed64(PAYLOAD.conversationExpiresAtUnix, payload.conversationExpiresAtUnix);
  }
  if (payload.expiresAtUnix) writer.sfixed64(PAYLOAD.expiresAtUnix, payload.expiresAtUnix);
  writer.varint(PAYLOAD.expiresAfterUse, payload.expiresAfterUse ? 1 : 0);
  if (payload.emoji) writer.text(PAYLOAD.emoji, payload.emoji);
  return writer.finish();
}

/**
 * Reads a signed invite. Nothing is verified: see `recoverInviteSigner`.
 *
 * @throws ConvosError `malformed` unless there are a payload with token, creator and tag, and a signature of 65 bytes. By
 *   this rule no ordinary chat text is an invite (section 1.10).
 */
export function parseSignedInvite(bytes: Uint8Array): SignedInvite {
  const fields = readFields(bytes);
  const payloadBytes = readBytes(fields, INVITE.payload);
  const signature = readBytes(fields, INVITE.signature);
  if (payloadBytes === undefined) throw malformed("invite: no payload");
  if (signature?.length !== SIGNATURE_BYTES) {
    throw malformed(`invite: expected a signature of 65 bytes, got ${signature?.length ?? "none"}`);
  }
  return {
    payloadBytes: copyBytes(payloadBytes),
    signature: copyBytes(signature),
    payload: parsePayload(payloadBytes),
  };
}

function parsePayload(bytes: Uint8Array): InvitePayload {
  const fields = readFields(bytes);
  const token = readBytes(fields, PAYLOAD.token);
  const creator = readBytes(fields, PAYLOAD.creatorInboxId);
  const tag = readText(fields, PAYLOAD.tag);
  if (token === undefined || token.length === 0) throw malformed("invite: no token");
  if (creator?.length !== INBOX_ID_BYTES) {
    throw malformed(`invite: expected a creator of 32 bytes, got ${creator?.length ?? "none"}`);
  }
  if (!tag) throw malformed("invite: no tag");
  // Empty texts and the date 0 say nothing: other writers mean "none" by them.
  const name = readText(fields, PAYLOAD.name);
  const description = readText(fields, PAYLOAD.description);
  const imageUrl = readText(fields, PAYLOAD.imageUrl);
  const conversationExpiresAtUnix = readSfixed64(fields, PAYLOAD.conversationExpiresAtUnix);
  const expiresAtUnix = readSfixed64(fields, PAYLOAD.expiresAtUnix);
  const emoji = readText(fields, PAYLOAD.emoji);
  return {
    token: copyBytes(token),
    creatorInboxId: toHex(creator),
    tag,
    ...(name && { name }),
    ...(description && { description }),
    ...(imageUrl && { imageUrl }),
    ...(conversationExpiresAtUnix && { conversationExpiresAtUnix }),
    ...(expiresAtUnix && { expiresAtUnix }),
    expiresAfterUse: (readVarint(fields, PAYLOAD.expiresAfterUse) ?? 0n) !== 0n,
    ...(emoji && { emoji }),
  };
}
