import { ProtobufWriter } from "../codec/protobuf.ts";
import { toHex, utf8Bytes } from "../codec/bytes.ts";
import type { OutgoingContent } from "../client/types.ts";
import type { ContentTypeId, EncodedContentParts } from "../content/content-parts.ts";
import {
  ATTACHMENT,
  CONTENT_TYPE_ID,
  ENCODED_CONTENT,
  REACTION,
  REACTION_ACTION,
  REACTION_FIELDS,
  REACTION_SCHEMA_UNICODE,
  REMOTE_ATTACHMENT,
  REPLY,
  TEXT,
} from "../content/standard-types.ts";
import { ConvosError } from "../errors.ts";

/** The network takes messages of up to 1 MiB, and what is encrypted is a little longer. */
const MAX_CONTENT_BYTES = 1_000_000;
const MESSAGE_ID = /^[0-9a-f]{64}$/u;

/**
 * The bytes of a message, as the other apps read them. The same content gives the same bytes.
 *
 * @throws ConvosError `too_large` above 1,000,000 bytes, `invalid_input` for a message id of another form.
 */
export function encodeOutgoing(content: OutgoingContent): EncodedContentParts {
  const parts = encode(content);
  if (parts.content.length > MAX_CONTENT_BYTES) {
    throw new ConvosError(
      "too_large",
      `send: ${parts.content.length} bytes, at most ${MAX_CONTENT_BYTES} can be sent in a message`,
    );
  }
  return parts;
}

function encode(content: OutgoingContent): EncodedContentParts {
  switch (content.type) {
    case "text":
      return encodeText(content.text);
    case "reply":
      return {
        type: REPLY,
        parameters: { reference: messageId(content.replyTo) },
        content: writeEncodedContent(encodeText(content.text)),
        fallback: `Replied with “${content.text}” to an earlier message`,
        shouldPush: true,
      };
    case "reaction":
      return encodeReaction(content);
    case "attachment":
      return {
        type: ATTACHMENT,
        parameters: { filename: content.filename, mimeType: content.mimeType },
        content: content.bytes,
        fallback: `Can’t display ${content.filename}. This app doesn’t support attachments.`,
        shouldPush: true,
      };
    case "remote_attachment":
    default:
      return encodeRemote(content);
  }
}

function encodeText(text: string): EncodedContentParts {
  return {
    type: TEXT,
    parameters: { encoding: "UTF-8" },
    content: utf8Bytes(text),
    shouldPush: true,
  };
}

function encodeReaction(
  content: Extract<OutgoingContent, { type: "reaction" }>,
): EncodedContentParts {
  const removes = content.remove === true;
  const bytes = new ProtobufWriter()
    .text(REACTION_FIELDS.reference, messageId(content.messageId))
    .varint(REACTION_FIELDS.action, removes ? REACTION_ACTION.removed : REACTION_ACTION.added)
    .text(REACTION_FIELDS.content, content.emoji)
    .varint(REACTION_FIELDS.schema, REACTION_SCHEMA_UNICODE)
    .finish();
  return {
    type: REACTION,
    parameters: {},
    content: bytes,
    fallback: `${removes ? "Removed" : "Reacted with"} “${content.emoji}” to an earlier message`,
    // The app wakes nobody for a reaction that is taken back.
    shouldPush: !removes,
  };
}

function encodeRemote(
  file: Extract<OutgoingContent, { type: "remote_attachment" }>,
): EncodedContentParts {
  const { filename, contentLength } = file;
  return {
    type: REMOTE_ATTACHMENT,
    parameters: {
      contentDigest: file.contentDigest,
      secret: toHex(file.secret),
      salt: toHex(file.salt),
      nonce: toHex(file.nonce),
      scheme: "https://",
      ...(filename !== undefined && { filename }),
      ...(contentLength !== undefined && { contentLength: String(contentLength) }),
    },
    content: utf8Bytes(file.url),
    fallback: `Can’t display ${filename ?? "a file"}. This app doesn’t support remote attachments.`,
    shouldPush: true,
  };
}

function writeEncodedContent(parts: EncodedContentParts): Uint8Array {
  const writer = new ProtobufWriter().bytes(ENCODED_CONTENT.type, writeTypeId(parts.type));
  for (const [key, value] of Object.entries(parts.parameters)) {
    const entry = new ProtobufWriter().text(1, key).text(2, value).finish();
    writer.bytes(ENCODED_CONTENT.parameters, entry);
  }
  return writer.bytes(ENCODED_CONTENT.content, parts.content).finish();
}

function writeTypeId(type: ContentTypeId): Uint8Array {
  return new ProtobufWriter()
    .text(CONTENT_TYPE_ID.authorityId, type.authorityId)
    .text(CONTENT_TYPE_ID.typeId, type.typeId)
    .varint(CONTENT_TYPE_ID.versionMajor, type.versionMajor)
    .varint(CONTENT_TYPE_ID.versionMinor, type.versionMinor)
    .finish();
}

function messageId(id: string): string {
  if (MESSAGE_ID.test(id)) return id;
  throw new ConvosError("invalid_input", "message id: expected 64 hexadecimal characters");
}
