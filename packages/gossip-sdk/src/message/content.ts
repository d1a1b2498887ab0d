import { copyBytes, utf8Bytes, utf8Text } from "../codec/bytes.ts";
import { ProtobufReader, ProtobufWriter } from "../codec/protobuf.ts";
import { GossipError, malformed } from "../errors.ts";
import { USER_ID_BYTES } from "../identity/user-id.ts";
import { MAX_CONTENTS_BYTES, MAX_SENT_CONTENTS_BYTES } from "../limits.ts";

/** Length of a message id: random bytes chosen by the sender. */
export const MESSAGE_ID_BYTES = 12;

/** What one message says (section 8). Message ids are 12 bytes. */
export type MessageContent =
  | { readonly type: "text"; readonly messageId: Uint8Array; readonly text: string }
  | {
      readonly type: "reply";
      readonly messageId: Uint8Array;
      readonly text: string;
      readonly citedId: Uint8Array;
    }
  | {
      readonly type: "forward";
      readonly messageId: Uint8Array;
      readonly text: string;
      readonly forwardedText: string;
      /** User id of the original author, 32 bytes, as the sender claims it. */
      readonly author: Uint8Array;
    }
  | {
      readonly type: "reaction";
      readonly messageId: Uint8Array;
      readonly emoji: string;
      readonly citedId: Uint8Array;
    }
  | {
      readonly type: "edit";
      readonly messageId: Uint8Array;
      readonly text: string;
      readonly citedId: Uint8Array;
    }
  /** Of a message, or of a reaction by the reaction's own id. */
  | { readonly type: "delete"; readonly messageId: Uint8Array; readonly citedId: Uint8Array }
  | { readonly type: "keep_alive" }
  /** Both sides delete messages older than this; 0 switches it off. */
  | { readonly type: "retention"; readonly seconds: number };

const TYPE = {
  text: 0,
  reply: 1,
  forward: 2,
  keep_alive: 3,
  delete: 4,
  edit: 5,
  reaction: 6,
  retention: 7,
} as const;

const FIELD = {
  messageType: 1,
  messageId: 2,
  content: 3,
  citedMsgId: 4,
  citedContactId: 5,
  forwardedContent: 6,
} as const;

/**
 * Encodes contents as the official client does: every field that is set in number order, zero values too.
 *
 * @throws GossipError `too_large` above 512 KiB; `malformed` for an id that is not 12 bytes, an author that is not 32.
 */
export function encodeMessageContent(content: MessageContent): Uint8Array {
  const writer = new ProtobufWriter().varint(FIELD.messageType, TYPE[content.type]);
  if ("messageId" in content) {
    writer.bytes(FIELD.messageId, ofLength(content.messageId, MESSAGE_ID_BYTES));
  }
  writer.bytes(FIELD.content, utf8Bytes(contentText(content)));
  if ("citedId" in content) {
    writer.bytes(FIELD.citedMsgId, ofLength(content.citedId, MESSAGE_ID_BYTES));
  }
  if (content.type === "forward") {
    writer.bytes(FIELD.citedContactId, ofLength(content.author, USER_ID_BYTES));
    writer.bytes(FIELD.forwardedContent, utf8Bytes(content.forwardedText));
  }
  const bytes = writer.finish();
  if (bytes.length > MAX_SENT_CONTENTS_BYTES) {
    throw new GossipError("too_large", `message: ${bytes.length} bytes of contents are too many`);
  }
  return bytes;
}

/**
 * Parses the contents of a received message.
 *
 * @param bytes - As decrypted; a peer's word, at most 1 MiB.
 * @throws GossipError `malformed`. The session lives on: drop this one message.
 */
export function parseMessageContent(bytes: Uint8Array): MessageContent {
  const fields = readFields(bytes);
  const text = fields.content === undefined ? "" : utf8Text(fields.content);
  switch (fields.messageType) {
    case TYPE.keep_alive:
      return { type: "keep_alive" };
    case TYPE.retention:
      return { type: "retention", seconds: retentionSeconds(text) };
    case TYPE.text:
      return { type: "text", messageId: messageId(fields), text };
    case TYPE.reply:
      return { type: "reply", messageId: messageId(fields), text, citedId: citedId(fields) };
    case TYPE.edit:
      return { type: "edit", messageId: messageId(fields), text, citedId: citedId(fields) };
    case TYPE.reaction:
      return {
        type: "reaction",
        messageId: messageId(fields),
        emoji: text,
        citedId: citedId(fields),
      };
    case TYPE.delete:
      return { type: "delete", messageId: messageId(fields), citedId: citedId(fields) };
    case TYPE.forward:
      if (fields.forwardedContent === undefined) throw malformed("message: forward without text");
      return {
        type: "forward",
        messageId: messageId(fields),
        text,
        forwardedText: utf8Text(fields.forwardedContent),
        author: required(fields.citedContactId, USER_ID_BYTES, "author"),
      };
    default:
      throw malformed("message: unknown type");
  }
}

interface Fields {
  messageType: number;
  messageId?: Uint8Array;
  content?: Uint8Array;
  citedMsgId?: Uint8Array;
  citedContactId?: Uint8Array;
  forwardedContent?: Uint8Array;
}

function readFields(bytes: Uint8Array): Fields {
  if (bytes.length === 0) throw malformed("message: empty");
  if (bytes.length > MAX_CONTENTS_BYTES)
    throw malformed(`message: ${bytes.length} bytes are too many`);
  const fields: Fields = { messageType: TYPE.text };
  const reader = new ProtobufReader(bytes);
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    // As proto3 has it: the last of a repeated field counts, and one of another wire type is an unknown field.
    if (field.wireType === "varint") {
      if (field.number === FIELD.messageType) fields.messageType = Number(field.value);
    } else if (field.number === FIELD.messageId) fields.messageId = copyBytes(field.value);
    else if (field.number === FIELD.content) fields.content = field.value;
    else if (field.number === FIELD.citedMsgId) fields.citedMsgId = copyBytes(field.value);
    else if (field.number === FIELD.citedContactId) fields.citedContactId = copyBytes(field.value);
    else if (field.number === FIELD.forwardedContent) fields.forwardedContent = field.value;
  }
  return fields;
}

function messageId(fields: Fields): Uint8Array {
  return required(fields.messageId, MESSAGE_ID_BYTES, "message id");
}

function citedId(fields: Fields): Uint8Array {
  return required(fields.citedMsgId, MESSAGE_ID_BYTES, "cited id");
}

function required(bytes: Uint8Array | undefined, length: number, what: string): Uint8Array {
  if (bytes?.length !== length) {
    throw malformed(`message: ${what} of ${length} bytes expected, got ${bytes?.length ?? "none"}`);
  }
  return bytes;
}

function ofLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length)
    throw malformed(`message: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}

function contentText(content: MessageContent): string {
  if ("text" in content) return content.text;
  if (content.type === "reaction") return content.emoji;
  if (content.type !== "retention") return "";
  if (!Number.isSafeInteger(content.seconds) || content.seconds < 0) {
    throw malformed("message: retention takes whole seconds from 0");
  }
  return String(content.seconds);
}

/** Whole seconds; 0, which is off, for everything that is not a positive number (section 8). */
function retentionSeconds(text: string): number {
  const seconds = Math.trunc(Number(text));
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds : 0;
}
