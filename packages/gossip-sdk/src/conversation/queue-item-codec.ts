import { BinReader, BinWriter } from "../codec/bin.ts";
import { GossipError } from "../errors.ts";
import {
  type GossipUserId,
  userIdFromBytes,
  userIdToBytes,
  USER_ID_BYTES,
} from "../identity/user-id.ts";
import { MAX_BOARD_VALUE_BYTES, MAX_CONTENTS_BYTES } from "../limits.ts";
import { MESSAGE_ID_BYTES } from "../message/content.ts";
import { SEEKER_BYTES } from "../session/seeker.ts";
import type { EncryptedValue, QueueItem } from "./conversation.ts";

/** Our own format for the local store, one row per unsettled message. */
const VERSION = 1;

/** Encodes one queued message. Holds message text in clear: seal it before it is written anywhere. */
export function encodeQueueItem(peer: GossipUserId, item: QueueItem): Uint8Array {
  const writer = new BinWriter()
    .u8(VERSION)
    .raw(userIdToBytes(peer))
    .raw(item.messageId)
    .u8(item.kind === "message" ? 0 : 1)
    .varint(item.queuedAtMs)
    .bytes(item.contents)
    .u8(Number(item.posted))
    .u8(item.value === undefined ? 0 : 1);
  if (item.value !== undefined) {
    writer.raw(item.value.seeker).varint(item.value.sentAtMs).bytes(item.value.data);
  }
  return writer.finish();
}

/**
 * Decodes what {@link encodeQueueItem} made. Nothing counts as verified: after a start it is read back once more.
 *
 * @throws GossipError `state_newer` for a later version of this format, `state_unreadable` for anything else.
 */
export function decodeQueueItem(bytes: Uint8Array): { peer: GossipUserId; item: QueueItem } {
  try {
    return read(new BinReader(bytes));
  } catch (cause) {
    if (!(cause instanceof GossipError) || cause.code === "state_newer") throw cause;
    throw new GossipError("state_unreadable", `queued message: ${cause.message}`);
  }
}

function read(reader: BinReader): { peer: GossipUserId; item: QueueItem } {
  const version = reader.u8();
  if (version > VERSION) {
    throw new GossipError("state_newer", `queued message: version ${version}, known is ${VERSION}`);
  }
  const peer = userIdFromBytes(reader.raw(USER_ID_BYTES));
  const messageId = reader.raw(MESSAGE_ID_BYTES).slice();
  const kind = reader.u8() === 0 ? "message" : "keep_alive";
  const queuedAtMs = reader.varint();
  const contents = reader.bytes(MAX_CONTENTS_BYTES).slice();
  const posted = reader.u8() === 1;
  const value = reader.u8() === 0 ? undefined : readValue(reader);
  return {
    peer,
    item: { messageId, kind, queuedAtMs, contents, posted, value, verified: false },
  };
}

function readValue(reader: BinReader): EncryptedValue {
  return {
    seeker: reader.raw(SEEKER_BYTES).slice(),
    sentAtMs: reader.varint(),
    data: reader.bytes(MAX_BOARD_VALUE_BYTES).slice(),
  };
}
