import { MeshError } from "../errors.ts";
import type { MeshMessage } from "../message/message.ts";
import { messageMembers } from "../message/wire.ts";
import type { Fields } from "./fields.ts";
import type { Frame, SyncResponseFrame } from "./frames.ts";
import { MAX_FRAME_BYTES, MAX_PAGE_BYTES } from "./limits.ts";
import { ocRangesFields, ocSyncFields } from "./sync-fields.ts";

/** A frame to send: of a page only what is on the wire. */
export type OutgoingFrame =
  | Exclude<Frame, SyncResponseFrame>
  | Pick<SyncResponseFrame, "type" | "channelId" | "messages">;

/** The text of a frame (section 3.1). @throws MeshError `too_large`: none leaves that we would not read ourselves. */
export function encodeFrame(frame: OutgoingFrame): string {
  const text = textOf(frame);
  const maxBytes = frame.type === "sync_response" ? MAX_PAGE_BYTES : MAX_FRAME_BYTES;
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) {
    throw new MeshError("too_large", `frame: at most ${maxBytes} bytes`);
  }
  return text;
}

function textOf(frame: OutgoingFrame): string {
  switch (frame.type) {
    case "message":
      return `{"type":"message",${messageMembers(frame.message)}}`;
    case "sync_response":
      return withMessages({ type: frame.type, channel_id: frame.channelId }, frame.messages);
    case "oc_page": {
      const { type, request, channelId, epoch, next, more, messages } = frame;
      return withMessages({ type, request, channel_id: channelId, epoch, next, more }, messages);
    }
    case "oc_sync":
      return JSON.stringify(ocSyncFields(frame));
    case "oc_ranges":
      return JSON.stringify(ocRangesFields(frame));
    case "handshake":
      return JSON.stringify({
        type: frame.type,
        version: frame.version,
        peer_id: frame.peerId,
        public_key: frame.publicKeyPem,
        capabilities: frame.capabilities,
        nonce: frame.nonce,
        oc: frame.extensions,
      });
    case "subscribe":
      return JSON.stringify({
        type: frame.type,
        channel_id: frame.channelId,
        oc_hops: frame.hops,
      });
    case "unsubscribe":
      return JSON.stringify({ type: frame.type, channel_id: frame.channelId });
    case "sync_request":
      return JSON.stringify({
        type: frame.type,
        channel_id: frame.channelId,
        after_message_id: frame.afterMessageId,
        limit: frame.limit,
      });
    case "error":
      return JSON.stringify({ type: frame.type, code: frame.code, message: frame.message });
    case "auth":
      return JSON.stringify({ type: frame.type, signature: frame.signature });
    case "ping":
    case "pong":
      return JSON.stringify({ type: frame.type });
    default:
      return frame satisfies never;
  }
}

function withMessages(head: Fields, messages: readonly MeshMessage[]): string {
  const rows = messages.map((message) => `{${messageMembers(message)}}`).join(",");
  return `${JSON.stringify(head).slice(0, -1)},"messages":[${rows}]}`;
}
