import type { Row } from "sdk-kit";
import type { MeshMessage, Verdict } from "../message/message.ts";
import type { StoredMessage } from "./port.ts";
import { readBlob, readInteger, readText } from "./schema.ts";

/** Names of fields, quotes, and what the indexes of the store add. */
const FRAME_BYTES = 320;

/** Bytes that a message takes: as JSON on the wire at least, on the disk about so many. */
export function sizeOf(message: MeshMessage): number {
  const { body, channelId, messageId, payloadText, senderId, signature, timestamp } = message;
  // What stands in quotes grows on the wire: a control character of one byte takes six.
  const quoted = JSON.stringify([body, channelId, messageId, senderId, timestamp]);
  return (
    Buffer.byteLength(quoted) +
    (payloadText === null ? 0 : Buffer.byteLength(payloadText)) +
    (signature?.length ?? 0) +
    FRAME_BYTES
  );
}

/** Reads a row with `channel_name` and `sender_name`. */
export function readStored(row: Row, verdict: Verdict = "verified"): StoredMessage {
  return {
    message: {
      messageId: readText(row, "message_id"),
      channelId: readText(row, "channel_name"),
      senderId: readText(row, "sender_name"),
      body: readText(row, "body"),
      payloadText: readTextOrNull(row, "payload"),
      timestamp: readText(row, "timestamp"),
      timestampMs: readInteger(row, "timestamp_ms"),
      signature: readTextOrNull(row, "signature") ?? undefined,
    },
    verdict,
    digest: readBlob(row, "digest"),
    arrival: readInteger(row, "arrival"),
    receivedAtMs: readInteger(row, "received_ms"),
  };
}

/** The first rows whose bytes fit together, and at least one. */
export function takePage(rows: Iterable<Row>, maxBytes: number): StoredMessage[] {
  const page: StoredMessage[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += readInteger(row, "bytes");
    if (page.length > 0 && bytes > maxBytes) break;
    page.push(readStored(row));
  }
  return page;
}

function readTextOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : readText(row, column);
}
