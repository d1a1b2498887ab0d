import { BinReader, BinWriter } from "../codec/bin.ts";
import { GossipError } from "../errors.ts";
import { parsePublicKeys } from "../identity/public-keys.ts";
import { MAX_ANNOUNCEMENT_BYTES, MAX_PUBLIC_KEYS_BYTES, MAX_USER_DATA_BYTES } from "../limits.ts";
import { decodePeerSession, encodePeerSession } from "../session/peer-session-codec.ts";
import type {
  Conversation,
  Pause,
  PendingAnnouncement,
  RequestText,
  RetentionPolicy,
} from "./conversation.ts";

/*
 * Our own format for the local store: version, then the fields in the order of the type. The queue has rows of its own.
 */
const VERSION = 1;
/** A session with 10,000 unacknowledged messages is about 1.4 MB. */
const MAX_SESSION_BYTES = 16 * 1024 * 1024;
const MAX_TEXT_BYTES = MAX_USER_DATA_BYTES;

/** Encodes everything but the queue. Holds secrets in clear: seal it before it is written anywhere. */
export function encodeConversation(conversation: Conversation): Uint8Array {
  const { session, due } = conversation;
  // The session brings the keys along once the peer has announced itself.
  const keysInSession = session.active !== undefined || session.incoming !== undefined;
  const writer = new BinWriter()
    .u8(VERSION)
    .bytes(encodePeerSession(session))
    .bytes(keysInSession ? new Uint8Array(0) : conversation.publicKeys.bytes)
    .varint(conversation.createdAtMs)
    .u8(Number(conversation.accepted))
    .u8(Number(conversation.trusted))
    .u8(Number(conversation.answered))
    .varint(conversation.requestReportedMs)
    .varint(conversation.lastInboundMs)
    .varint(conversation.reinstallAnsweredMs);
  writePause(writer, conversation.renewalPause);
  writePause(writer, conversation.forkPause);
  writeOptional(writer, due.silenceMs, writeTime);
  writeOptional(writer, due.reinstallAnswerMs, writeTime);
  writeOptional(writer, due.saturationMs, writeTime);
  writeOptional(writer, due.squattedMs, writeTime);
  writeOptional(writer, due.ownSquattedMs, writeTime);
  writeOptional(writer, conversation.request, writeRequest);
  writeOptional(writer, conversation.retention, writeRetention);
  writeOptional(writer, conversation.announcement, writeAnnouncement);
  return writer.finish();
}

/**
 * Decodes what {@link encodeConversation} made, with an empty queue.
 *
 * @throws GossipError `state_newer` for a later version of this format, `state_unreadable` for anything else.
 */
export function decodeConversation(bytes: Uint8Array): Conversation {
  try {
    return read(new BinReader(bytes));
  } catch (cause) {
    if (!(cause instanceof GossipError) || cause.code === "state_newer") throw cause;
    throw new GossipError("state_unreadable", `conversation: ${cause.message}`);
  }
}

function read(reader: BinReader): Conversation {
  const version = reader.u8();
  if (version > VERSION) {
    throw new GossipError("state_newer", `conversation: version ${version}, known is ${VERSION}`);
  }
  const session = decodePeerSession(reader.bytes(MAX_SESSION_BYTES));
  const keyBytes = reader.bytes(MAX_PUBLIC_KEYS_BYTES);
  const publicKeys =
    session.active?.peerKeys ?? session.incoming?.peer ?? parsePublicKeys(keyBytes);
  return {
    peer: publicKeys.userId,
    publicKeys,
    session,
    createdAtMs: reader.varint(),
    accepted: reader.u8() === 1,
    trusted: reader.u8() === 1,
    answered: reader.u8() === 1,
    requestReportedMs: reader.varint(),
    lastInboundMs: reader.varint(),
    reinstallAnsweredMs: reader.varint(),
    renewalPause: readPause(reader),
    forkPause: readPause(reader),
    due: {
      silenceMs: readOptional(reader, readTime),
      reinstallAnswerMs: readOptional(reader, readTime),
      saturationMs: readOptional(reader, readTime),
      squattedMs: readOptional(reader, readTime),
      ownSquattedMs: readOptional(reader, readTime),
    },
    request: readOptional(reader, readRequest),
    retention: readOptional(reader, readRetention),
    announcement: readOptional(reader, readAnnouncement),
    queue: [],
  };
}

function writeOptional<T>(
  writer: BinWriter,
  value: T | undefined,
  write: (writer: BinWriter, value: T) => void,
): void {
  writer.u8(value === undefined ? 0 : 1);
  if (value !== undefined) write(writer, value);
}

function readOptional<T>(reader: BinReader, readValue: (reader: BinReader) => T): T | undefined {
  return reader.u8() === 0 ? undefined : readValue(reader);
}

function writeTime(writer: BinWriter, timeMs: number): void {
  writer.varint(timeMs);
}

function readTime(reader: BinReader): number {
  return reader.varint();
}

function writePause(writer: BinWriter, pause: Pause): void {
  writer.varint(pause.count).varint(pause.untilMs);
}

function readPause(reader: BinReader): Pause {
  return { count: reader.varint(), untilMs: reader.varint() };
}

function writeRequest(writer: BinWriter, request: RequestText): void {
  writer.text(request.username ?? "").text(request.message ?? "");
}

function readRequest(reader: BinReader): RequestText {
  const username = reader.text(MAX_TEXT_BYTES);
  const message = reader.text(MAX_TEXT_BYTES);
  return { username: username || undefined, message: message || undefined };
}

function writeRetention(writer: BinWriter, policy: RetentionPolicy): void {
  writer.varint(policy.seconds).varint(policy.sinceMs);
}

function readRetention(reader: BinReader): RetentionPolicy {
  return { seconds: reader.varint(), sinceMs: reader.varint() };
}

function writeAnnouncement(writer: BinWriter, announcement: PendingAnnouncement): void {
  if (announcement.stage === "built") {
    writer.u8(1).varint(announcement.builtAtMs).bytes(announcement.bytes);
    return;
  }
  writer
    .u8(0)
    .varint(announcement.sinceMs)
    .varint(announcement.notBeforeMs)
    .u8(Number(announcement.forked))
    .bytes(announcement.userData);
}

function readAnnouncement(reader: BinReader): PendingAnnouncement {
  if (reader.u8() === 1) {
    const builtAtMs = reader.varint();
    return { stage: "built", builtAtMs, bytes: reader.bytes(MAX_ANNOUNCEMENT_BYTES).slice() };
  }
  return {
    stage: "wanted",
    sinceMs: reader.varint(),
    notBeforeMs: reader.varint(),
    forked: reader.u8() === 1,
    userData: reader.bytes(MAX_USER_DATA_BYTES).slice(),
  };
}
