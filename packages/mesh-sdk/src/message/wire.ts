import { malformed, MeshError } from "../errors.ts";
import { assertPlain, type Fields, kindOf, readOptionalText, readText } from "../frame/fields.ts";
import {
  MAX_BODY_BYTES,
  MAX_CHANNEL_ID_LENGTH,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_ID_LENGTH,
  MAX_PAYLOAD_NESTING,
  MAX_PEER_ID_LENGTH,
} from "../frame/limits.ts";
import { nestingOf } from "../frame/nesting.ts";
import { payloadTextOf } from "./canonical.ts";
import type { MeshMessage } from "./message.ts";
import { tryReadTimestamp } from "./timestamp.ts";

const MAX_TIMESTAMP_LENGTH = 40;
/** Ids, timestamp, signature, and the names, at six bytes a letter. */
const MAX_BYTES_OF_OTHER_FIELDS = 4096;
const MAX_SIGNATURE_LENGTH = 88;
/** Base64 of 64 bytes, and the only way to write them: the last letter carries two bits. */
const SIGNATURE = /^[A-Za-z0-9+/]{85}[AQgw]==$/;
/** JSON as JavaScript writes it has an escape of four digits for NUL and for half a surrogate pair, and for no other text. */
const UNPLAIN_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * Reads a message as it stands in a frame or in a page (section 2.1). Unknown fields are ignored, as the reference does.
 *
 * @throws MeshError `malformed` | `too_large` with the name of the field and the rule, never the value.
 */
export function readMessage(fields: Fields): MeshMessage {
  const timestamp = readText(fields, "timestamp", MAX_TIMESTAMP_LENGTH);
  const timestampMs = tryReadTimestamp(timestamp);
  if (timestampMs === undefined) throw malformed("timestamp: expected ISO 8601 from 1970 on");
  const message: MeshMessage = {
    messageId: readText(fields, "message_id", MAX_MESSAGE_ID_LENGTH),
    channelId: readText(fields, "channel_id", MAX_CHANNEL_ID_LENGTH),
    senderId: readText(fields, "sender_id", MAX_PEER_ID_LENGTH),
    body: readBody(fields["body"]),
    payloadText: readPayload(fields["payload"]),
    timestamp,
    timestampMs,
    signature: readSignature(fields),
  };
  assertMessageSize(message);
  return message;
}

/**
 * Counts what we would write, not what was read: 1e20 has four letters on the wire and twenty-one once JavaScript has read
 * it, and a message that is stored must fit into every frame that passes it on.
 *
 * @throws MeshError `too_large`.
 */
export function assertMessageSize(message: MeshMessage): void {
  const { body, payloadText } = message;
  // One letter of a body may become six bytes; of a payload, which is JSON already, three. Most messages are far below.
  const mostBytes = body.length * 6 + (payloadText?.length ?? 0) * 3 + MAX_BYTES_OF_OTHER_FIELDS;
  if (mostBytes <= MAX_MESSAGE_BYTES) return;
  const messageBytes = Buffer.byteLength(messageMembers(message));
  if (messageBytes > MAX_MESSAGE_BYTES) {
    throw new MeshError(
      "too_large",
      `message: at most ${MAX_MESSAGE_BYTES} bytes, got ${messageBytes}`,
    );
  }
}

/** A message of a page; undefined when it breaks a rule, so that it does not hide the others. */
export function tryReadMessage(fields: Fields): MeshMessage | undefined {
  try {
    return readMessage(fields);
  } catch (error) {
    if (error instanceof MeshError) return undefined;
    throw error;
  }
}

/**
 * The members of a message as JSON, without the braces around: the payload is put in as it is, because it is JSON already
 * and parsing it again would cost more than the rest.
 */
export function messageMembers(message: MeshMessage): string {
  const { payloadText, signature } = message;
  const head = JSON.stringify({
    message_id: message.messageId,
    channel_id: message.channelId,
    sender_id: message.senderId,
    body: message.body,
    timestamp: message.timestamp,
    ...(signature === undefined ? {} : { signature }),
  }).slice(1, -1);
  return payloadText === null ? head : `${head},"payload":${payloadText}`;
}

/** A signature in the one form that we take (section 1.3). @throws MeshError `malformed`. */
export function readSignature(fields: Fields): string | undefined {
  const signature = readOptionalText(fields, "signature", MAX_SIGNATURE_LENGTH);
  if (signature !== undefined && !SIGNATURE.test(signature)) {
    throw malformed("signature: expected base64 of 64 bytes");
  }
  return signature;
}

/** @throws MeshError `malformed` | `too_large`. */
export function readBody(body: unknown): string {
  if (typeof body !== "string") throw malformed(`body: expected a text, got ${kindOf(body)}`);
  const bodyBytes = Buffer.byteLength(body);
  if (bodyBytes > MAX_BODY_BYTES) {
    throw new MeshError("too_large", `body: at most ${MAX_BODY_BYTES} bytes, got ${bodyBytes}`);
  }
  assertPlain(body, "body");
  return body;
}

/** The payload as the canonical text has it. @throws MeshError `malformed`. */
export function readPayload(payload: unknown): string | null {
  const text = payloadTextOf(payload);
  if (text === null) return null;
  if (nestingOf(text) > MAX_PAYLOAD_NESTING) {
    throw malformed(`payload: nested deeper than ${MAX_PAYLOAD_NESTING}`);
  }
  if (UNPLAIN_ESCAPE.test(text)) throw malformed("payload: contains NUL or half a surrogate pair");
  return text;
}
