import * as z from "zod";
import type { EventContent } from "../client/event-codec.ts";
import type { RemoteFile } from "../client/types.ts";
import { copyBytes, tryFromHex, utf8Text } from "../codec/bytes.ts";
import {
  type ProtobufField,
  readBytes,
  readFields,
  readText,
  readVarint,
} from "../codec/protobuf.ts";
import { type ContentTypeId, isSameType } from "../content/content-parts.ts";
import { PROFILE_UPDATE } from "../content/profile-update.ts";
import {
  ATTACHMENT,
  CONTENT_TYPE_ID,
  ENCODED_CONTENT,
  MARKDOWN,
  MULTI_REMOTE_ATTACHMENT,
  MULTI_REMOTE_FIELDS,
  REACTION,
  REACTION_ACTION,
  REACTION_FIELDS,
  REACTION_JSON,
  REMOTE_ATTACHMENT,
  REMOTE_FILE_FIELDS,
  REPLY,
  TEXT,
} from "../content/standard-types.ts";
import { malformed } from "../errors.ts";
import type { XmtpMessage } from "../xmtp/port.ts";

type Content = Pick<XmtpMessage, "type" | "parameters" | "content">;

const MAX_FILENAME_CHARACTERS = 255;
/** Files of one message; more are not looked at. */
const MAX_FILES = 10;

/** How each type is read in which somebody says something. */
const READERS: readonly (readonly [
  type: ContentTypeId,
  read: (message: Content) => EventContent | undefined,
])[] = [
  [TEXT, readPlainText],
  [MARKDOWN, readPlainText],
  [REPLY, readReply],
  [REACTION, readReaction],
  [REACTION_JSON, readJsonReaction],
  [ATTACHMENT, readAttachment],
  [REMOTE_ATTACHMENT, readRemoteAttachment],
  [MULTI_REMOTE_ATTACHMENT, readFiles],
];

/** Whether a message of this type may say something to somebody. Pure. */
export function maySaySomething(type: ContentTypeId): boolean {
  return READERS.some(([readable]) => isSameType(type, readable));
}

/**
 * What a message of another member says, or undefined for one that says nothing to anybody: bookkeeping of the app, types
 * we do not know, and content that breaks the rules of its type. Pure.
 */
export function readContent(message: XmtpMessage): EventContent | undefined {
  try {
    return read(message, message.senderInboxId);
  } catch {
    // A hostile member gets no further than this. What cannot be read is not there.
    return undefined;
  }
}

function read(message: Content, senderInboxId: string): EventContent | undefined {
  const { type } = message;
  if (type === undefined) return undefined;
  if (isSameType(type, PROFILE_UPDATE)) return { type: "profile_changed", inboxId: senderInboxId };
  return READERS.find(([readable]) => isSameType(type, readable))?.[1](message);
}

function readPlainText({ content }: Content): EventContent {
  return { type: "message", text: utf8Text(content) };
}

/** A reply with a text or a file; a reaction or another reply inside is not something apps write. */
function readReply({ parameters, content }: Content): EventContent | undefined {
  const replyTo = parameters["reference"];
  const fields = readFields(content);
  const inner = {
    type: readTypeId(readFields(demand(readBytes(fields, ENCODED_CONTENT.type)))),
    parameters: readParameters(fields),
    content: readBytes(fields, ENCODED_CONTENT.content) ?? new Uint8Array(),
  };
  if (isSameType(inner.type, REPLY)) return undefined;
  const event = read(inner, "");
  const mayCite =
    event?.type === "message" ||
    event?.type === "attachment" ||
    event?.type === "remote_attachment" ||
    event?.type === "remote_attachments";
  if (!mayCite) return undefined;
  return replyTo === undefined ? event : { ...event, replyTo };
}

function readReaction({ content }: Content): EventContent {
  const fields = readFields(content);
  return {
    type: "reaction",
    emoji: readText(fields, REACTION_FIELDS.content) ?? "",
    targetId: demand(readText(fields, REACTION_FIELDS.reference)),
    removed: readVarint(fields, REACTION_FIELDS.action) === BigInt(REACTION_ACTION.removed),
  };
}

const JsonReaction = z.object({
  reference: z.string().min(1),
  action: z.enum(["added", "removed"]),
  content: z.string(),
});

function readJsonReaction({ content }: Content): EventContent {
  const reaction = JsonReaction.parse(JSON.parse(utf8Text(content)));
  return {
    type: "reaction",
    emoji: reaction.content,
    targetId: reaction.reference,
    removed: reaction.action === "removed",
  };
}

function readAttachment({ parameters, content }: Content): EventContent {
  const filename = filenameOf(parameters);
  const mimeType = parameters["mimeType"];
  return {
    type: "attachment",
    ...(filename !== undefined && { filename }),
    ...(mimeType !== undefined && { mimeType }),
    bytes: copyBytes(content),
  };
}

/** Several files in one message, as the app sends pictures that were chosen together. */
function readFiles({ content }: Content): EventContent {
  const files = readFields(content)
    .filter(({ number }) => number === MULTI_REMOTE_FIELDS.attachments)
    .slice(0, MAX_FILES)
    .map((field) => readFile(field));
  return { type: "remote_attachments", files };
}

function readFile(field: ProtobufField): RemoteFile {
  if (field.wireType !== "bytes") throw malformed("message: a file of another form");
  const fields = readFields(field.value);
  const bytesOf = (number: number): Uint8Array => copyBytes(demand(readBytes(fields, number)));
  const filename = filenameOf({ filename: readText(fields, REMOTE_FILE_FIELDS.filename) ?? "" });
  const length = readVarint(fields, REMOTE_FILE_FIELDS.contentLength);
  return {
    url: demand(readText(fields, REMOTE_FILE_FIELDS.url)),
    contentDigest: demand(readText(fields, REMOTE_FILE_FIELDS.contentDigest)),
    secret: bytesOf(REMOTE_FILE_FIELDS.secret),
    salt: bytesOf(REMOTE_FILE_FIELDS.salt),
    nonce: bytesOf(REMOTE_FILE_FIELDS.nonce),
    ...(filename !== undefined && { filename }),
    ...(length !== undefined && { contentLength: Number(length) }),
  };
}

function readRemoteAttachment({ parameters, content }: Content): EventContent {
  const filename = filenameOf(parameters);
  const contentLength = Number(parameters["contentLength"]);
  return {
    type: "remote_attachment",
    url: utf8Text(content),
    contentDigest: demand(parameters["contentDigest"]),
    secret: demand(tryFromHex(demand(parameters["secret"]))),
    salt: demand(tryFromHex(demand(parameters["salt"]))),
    nonce: demand(tryFromHex(demand(parameters["nonce"]))),
    ...(filename !== undefined && { filename }),
    ...(Number.isSafeInteger(contentLength) && contentLength >= 0 && { contentLength }),
  };
}

/** A name without folders: somebody may save a file under it. */
function filenameOf(parameters: Readonly<Record<string, string>>): string | undefined {
  const name = parameters["filename"]?.split(/[/\\]/u).at(-1)?.slice(0, MAX_FILENAME_CHARACTERS);
  return name === "" || name === "." || name === ".." ? undefined : name;
}

function readTypeId(fields: readonly ProtobufField[]): ContentTypeId {
  return {
    authorityId: readText(fields, CONTENT_TYPE_ID.authorityId) ?? "",
    typeId: readText(fields, CONTENT_TYPE_ID.typeId) ?? "",
    versionMajor: Number(readVarint(fields, CONTENT_TYPE_ID.versionMajor) ?? 0n),
    versionMinor: Number(readVarint(fields, CONTENT_TYPE_ID.versionMinor) ?? 0n),
  };
}

function readParameters(fields: readonly ProtobufField[]): Record<string, string> {
  const entries = fields.flatMap((field) => {
    if (field.number !== ENCODED_CONTENT.parameters || field.wireType !== "bytes") return [];
    const entry = readFields(field.value);
    return [[readText(entry, 1) ?? "", readText(entry, 2) ?? ""] as const];
  });
  return Object.fromEntries(entries);
}

function demand<T>(value: T | undefined): T {
  if (value === undefined) throw malformed("message: a required part is missing");
  return value;
}
