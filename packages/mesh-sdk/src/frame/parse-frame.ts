import { malformed, MeshError } from "../errors.ts";
import { readMessage, readSignature, tryReadMessage } from "../message/wire.ts";
import type { MeshMessage } from "../message/message.ts";
import {
  type Fields,
  isCount,
  isFields,
  kindOf,
  readArray,
  readOptionalText,
  readText,
} from "./fields.ts";
import type {
  ErrorFrame,
  Frame,
  HandshakeFrame,
  PageMark,
  SubscribeFrame,
  SyncRequestFrame,
  SyncResponseFrame,
} from "./frames.ts";
import {
  DEFAULT_PAGE_MESSAGES,
  MAX_CHANNEL_ID_LENGTH,
  MAX_FRAME_BYTES,
  MAX_FRAME_NESTING,
  MAX_MESSAGE_ID_LENGTH,
  MAX_PAGE_BYTES,
  MAX_PAGE_MESSAGES,
  MAX_PEER_ID_LENGTH,
  MAX_SUBSCRIBE_HOPS,
} from "./limits.ts";
import { nestingOf } from "./nesting.ts";
import { readOcPage, readOcRanges, readOcSync } from "./sync-fields.ts";

const MAX_PEM_LENGTH = 1024;
/** Base64url of 32 bytes, and the only way to write them. */
const NONCE = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const MAX_TEXT_IN_ERROR = 200;

type FrameReader = (fields: Fields) => Frame;

const READERS: ReadonlyMap<unknown, FrameReader> = new Map<Frame["type"], FrameReader>([
  ["handshake", readHandshake],
  ["subscribe", readSubscribe],
  ["unsubscribe", (fields) => ({ type: "unsubscribe", channelId: readChannelId(fields) })],
  ["message", (fields) => ({ type: "message", message: readMessage(fields) })],
  ["sync_request", readSyncRequest],
  ["sync_response", readSyncResponse],
  ["error", readError],
  ["ping", () => ({ type: "ping" })],
  ["pong", () => ({ type: "pong" })],
  ["auth", readAuth],
  ["oc_sync", readOcSync],
  ["oc_page", readOcPage],
  ["oc_ranges", readOcRanges],
]);

/**
 * Reads one frame of a stranger (section 3.1). Size and nesting are looked at before anything is parsed. Later duplicates
 * of a name win and unknown names are ignored, both as in the reference.
 *
 * @param options.allowsPage - We have asked this remote for a page of its store: one may have {@link MAX_PAGE_BYTES}.
 * @returns undefined for a type that is unknown here, which is to be ignored.
 * @throws MeshError `too_large` | `malformed`.
 */
export function parseFrame(
  text: string,
  { allowsPage = false }: { readonly allowsPage?: boolean } = {},
): Frame | undefined {
  const isLarge = isLonger(text, MAX_FRAME_BYTES);
  if (isLarge && (!allowsPage || isLonger(text, MAX_PAGE_BYTES))) {
    const maxBytes = allowsPage ? MAX_PAGE_BYTES : MAX_FRAME_BYTES;
    throw new MeshError("too_large", `frame: at most ${maxBytes} bytes`);
  }
  if (nestingOf(text) > MAX_FRAME_NESTING) {
    throw malformed(`frame: nested deeper than ${MAX_FRAME_NESTING}`);
  }
  const fields = parseObject(text);
  const type = fields["type"];
  if (isLarge && type !== "sync_response") {
    throw new MeshError("too_large", `frame: at most ${MAX_FRAME_BYTES} bytes, except for a page`);
  }
  return READERS.get(type)?.(fields);
}

function isLonger(text: string, maxBytes: number): boolean {
  // A unit of UTF-16 has one to three bytes in UTF-8: most texts need not be counted.
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: it quotes the text.
    throw malformed("frame: not JSON");
  }
  if (!isFields(value)) throw malformed(`frame: expected an object, got ${kindOf(value)}`);
  return value;
}

function readHandshake(fields: Fields): HandshakeFrame {
  const publicKeyPem = readOptionalText(fields, "public_key", MAX_PEM_LENGTH);
  const nonce = readOptionalText(fields, "nonce", 64);
  if (nonce !== undefined && !NONCE.test(nonce)) {
    throw malformed("nonce: expected base64url of 32 bytes");
  }
  const extensions = fields["oc"];
  const capabilities = isFields(fields["capabilities"]) ? fields["capabilities"] : {};
  return {
    type: "handshake",
    version: readVersion(fields["version"]),
    peerId: readText(fields, "peer_id", MAX_PEER_ID_LENGTH),
    ...(publicKeyPem === undefined ? {} : { publicKeyPem }),
    capabilities: {
      relay: capabilities["relay"] === true,
      store: capabilities["store"] === true,
    },
    ...(nonce === undefined ? {} : { nonce }),
    ...(isCount(extensions) ? { extensions } : {}),
  };
}

/** The reference compares after `Number()`, so "1" and true are 1 too. Not for objects: theirs may throw. */
function readVersion(version: unknown): number {
  return typeof version === "object" ? Number.NaN : Number(version);
}

function readSubscribe(fields: Fields): SubscribeFrame {
  const hops = fields["oc_hops"];
  return {
    type: "subscribe",
    channelId: readChannelId(fields),
    ...(isCount(hops) ? { hops: Math.min(hops, MAX_SUBSCRIBE_HOPS) } : {}),
  };
}

function readSyncRequest(fields: Fields): SyncRequestFrame {
  const limit = fields["limit"];
  const asked = typeof limit === "number" ? Math.floor(limit) : DEFAULT_PAGE_MESSAGES;
  return {
    type: "sync_request",
    channelId: readChannelId(fields),
    afterMessageId: readOptionalText(fields, "after_message_id", MAX_MESSAGE_ID_LENGTH) ?? null,
    limit: Math.min(Math.max(asked, 1), MAX_PAGE_MESSAGES),
  };
}

function readSyncResponse(fields: Fields): SyncResponseFrame {
  const channelId = readChannelId(fields);
  const rows = readArray(fields, "messages", MAX_PAGE_MESSAGES);
  const messages: MeshMessage[] = [];
  const marks: PageMark[] = [];
  for (const row of rows) {
    if (!isFields(row)) continue;
    const mark = tryReadMark(row);
    if (mark !== undefined) marks.push(mark);
    const message = tryReadMessage(row);
    if (message?.channelId === channelId) messages.push(message);
  }
  return { type: "sync_response", channelId, messages, marks, rows: rows.length };
}

function tryReadMark(row: Fields): PageMark | undefined {
  const { message_id: messageId, timestamp } = row;
  if (typeof messageId !== "string" || typeof timestamp !== "string") return undefined;
  if (messageId.length > MAX_MESSAGE_ID_LENGTH || timestamp.length > MAX_MESSAGE_ID_LENGTH) {
    return undefined;
  }
  return { messageId, timestamp };
}

function readError(fields: Fields): ErrorFrame {
  return { type: "error", code: cutText(fields["code"]), message: cutText(fields["message"]) };
}

function cutText(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_TEXT_IN_ERROR) : "";
}

function readAuth(fields: Fields): Frame {
  const signature = readSignature(fields);
  if (signature === undefined) throw malformed("signature: missing");
  return { type: "auth", signature };
}

function readChannelId(fields: Fields): string {
  return readText(fields, "channel_id", MAX_CHANNEL_ID_LENGTH);
}
