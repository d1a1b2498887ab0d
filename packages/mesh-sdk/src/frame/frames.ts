import type { MeshMessage } from "../message/message.ts";
import type { OcPageFrame, OcRangesFrame, OcSyncFrame } from "../sync/sync-frames.ts";

/*
 * Every frame that crosses a connection (section 3.1), after its form was checked. Fields have our names; the names on the
 * wire stand in parse-frame.ts and encode-frame.ts only.
 */

/** Who the remote says it is. Nothing of it is proven before its {@link AuthFrame}. */
export interface HandshakeFrame {
  readonly type: "handshake";
  /** As `Number()` reads it; 1 is the only version there is. */
  readonly version: number;
  readonly peerId: string;
  /** SPKI PEM as written. Never used: the id is the key, or there is none (section 1.2). */
  readonly publicKeyPem?: string;
  readonly capabilities: { readonly relay: boolean; readonly store: boolean };
  /** 32 random bytes in base64url, 43 characters: asks for an {@link AuthFrame}. Peers of ours send one. */
  readonly nonce?: string;
  /** Version of our own extensions that the remote speaks; absent for a reference peer. */
  readonly extensions?: number;
}

export interface SubscribeFrame {
  readonly type: "subscribe";
  readonly channelId: string;
  /** How many peers further the wish may travel; absent for a reference peer (section 3.4). */
  readonly hops?: number;
}

interface UnsubscribeFrame {
  readonly type: "unsubscribe";
  readonly channelId: string;
}

interface MessageFrame {
  readonly type: "message";
  readonly message: MeshMessage;
}

export interface SyncRequestFrame {
  readonly type: "sync_request";
  readonly channelId: string;
  readonly afterMessageId: string | null;
  /** A whole number from 1 to 500; whatever was asked is brought into that range. */
  readonly limit: number;
}

export interface SyncResponseFrame {
  readonly type: "sync_response";
  readonly channelId: string;
  /** The well-formed ones that say they are of this channel. One bad row must not hide the others. */
  readonly messages: readonly MeshMessage[];
  /** Where each row stands that has an id and a timestamp, good or bad, in order: what paging goes by. */
  readonly marks: readonly PageMark[];
  /** Rows in all. */
  readonly rows: number;
}

export interface PageMark {
  readonly messageId: string;
  readonly timestamp: string;
}

export interface ErrorFrame {
  readonly type: "error";
  readonly code: string;
  /** For people; cut to 200 characters. */
  readonly message: string;
}

interface PingFrame {
  readonly type: "ping";
}

interface PongFrame {
  readonly type: "pong";
}

/** The remote's proof that it holds the key of its id, in this connection (section 3.3). */
export interface AuthFrame {
  readonly type: "auth";
  /** Base64 of 64 bytes. */
  readonly signature: string;
}

/** A frame of the reference or of ours. */
export type Frame =
  | HandshakeFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | MessageFrame
  | SyncRequestFrame
  | SyncResponseFrame
  | ErrorFrame
  | PingFrame
  | PongFrame
  | AuthFrame
  | OcSyncFrame
  | OcPageFrame
  | OcRangesFrame;
