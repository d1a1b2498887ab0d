/**
 * A mesh peer that speaks the reference's frames and nothing else, for tests only. It believes what the reference believes:
 * it checks a signature only when it saw the sender's key in a handshake, takes whatever an answer to a sync request holds,
 * asks for the oldest hundred of a channel and never for more, passes on what its neighbors asked it for by name, and tells
 * nobody what they want. Where the reference falls over, it drops the frame.
 */
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer, type Server } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import * as z from "zod";
import {
  type IndependentKey,
  signWire,
  verifyWire,
  type WireMessage,
} from "./independent-mesh-rules.ts";
import { type IndependentStore, openIndependentStore } from "./independent-mesh-store.ts";

const CLIENT_PAGE = 100;
const SERVER_PAGE = 500;

const ListSchema = z.object({
  peers: z.array(z.object({ peer_id: z.string(), ws_url: z.string() })),
});

export interface IndependentPeerOptions {
  /** Default 127.0.0.1, and a free port. */
  readonly host?: string;
  readonly port?: number;
  /** Default in memory. */
  readonly storePath?: string;
  /** Without one it has a made-up name and signs nothing. */
  readonly key?: IndependentKey;
  /** Default `lobby` alone, as the reference is started. */
  readonly channels?: readonly string[];
  /** Dialed once. */
  readonly peers?: readonly string[];
  /** Fetched once; every entry is dialed once. */
  readonly bootstrapUrl?: string;
}

interface Link {
  readonly socket: WebSocket;
  readonly direction: "in" | "out";
  /** Channels the remote asked for. */
  readonly wanted: Set<string>;
  /** Message ids it was sent or has sent. */
  readonly known: Set<string>;
  isGreeted: boolean;
}

type Frame = Readonly<Record<string, unknown>>;

interface PeerEvents {
  /** Stored now, and by which way. */
  message: [WireMessage, "live" | "sync"];
  /** A remote has said hello. */
  greeted: [string];
  /** A remote's `error` frame. */
  refused: [string];
}

export class IndependentMeshPeer extends EventEmitter<PeerEvents> {
  readonly peerId: string;
  readonly store: IndependentStore;
  readonly #key: IndependentKey | undefined;
  readonly #channels: Set<string>;
  readonly #links = new Set<Link>();
  /** Keys of handshakes, by the name that the remote gave itself: the last one counts. */
  readonly #keys = new Map<string, string>();
  readonly #http: Server;
  #url = "";

  private constructor(options: IndependentPeerOptions) {
    super();
    this.#key = options.key;
    this.peerId = options.key?.peerId ?? `peer-${Math.random().toString(36).slice(2, 10)}`;
    this.#channels = new Set(options.channels ?? ["lobby"]);
    this.store = openIndependentStore(options.storePath ?? ":memory:");
    this.#http = createServer((_request, response) => response.writeHead(404).end());
    new WebSocketServer({ server: this.#http }).on("connection", (socket) =>
      this.#attach(socket, "in"),
    );
  }

  static async start(options: IndependentPeerOptions = {}): Promise<IndependentMeshPeer> {
    const peer = new IndependentMeshPeer(options);
    const host = options.host ?? "127.0.0.1";
    peer.#http.listen(options.port ?? 0, host);
    await once(peer.#http, "listening");
    const address = peer.#http.address();
    if (address === null || typeof address === "string") throw new TypeError("no TCP address");
    peer.#url = `ws://${host}:${address.port}`;
    for (const url of options.peers ?? []) peer.dial(url);
    if (options.bootstrapUrl !== undefined) await peer.dialListed(options.bootstrapUrl);
    return peer;
  }

  get url(): string {
    return this.#url;
  }

  dial(url: string): void {
    const socket = new WebSocket(url);
    const link = this.#attach(socket, "out");
    socket.once("open", () => this.#send(link, this.#handshake()));
  }

  /** As the reference does, it also takes for granted that the remotes of now want the channel. */
  subscribe(channelId: string): void {
    this.#channels.add(channelId);
    for (const link of this.#links) {
      link.wanted.add(channelId);
      this.#send(link, { type: "subscribe", channel_id: channelId });
    }
  }

  publish(channelId: string, body: string, payload?: unknown): WireMessage {
    const draft: WireMessage = {
      message_id: randomUUID(),
      channel_id: channelId,
      sender_id: this.peerId,
      body,
      ...(payload !== undefined && { payload }),
      timestamp: new Date().toISOString(),
    };
    const message =
      this.#key === undefined ? draft : { ...draft, signature: signWire(this.#key, draft) };
    this.store.add(message);
    this.#relay(message);
    return message;
  }

  /** Cuts every connection; it dials nobody again by itself. */
  disconnect(): void {
    for (const link of this.#links) link.socket.terminate();
  }

  async close(): Promise<void> {
    this.disconnect();
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, "close");
    this.store.close();
  }

  /** Fetches a list once and dials every entry but itself. */
  async dialListed(listUrl: string): Promise<void> {
    const list = ListSchema.parse(await (await fetch(listUrl)).json());
    for (const entry of list.peers) {
      if (entry.peer_id !== this.peerId) this.dial(entry.ws_url);
    }
  }

  #attach(socket: WebSocket, direction: Link["direction"]): Link {
    const link: Link = { socket, direction, wanted: new Set(), known: new Set(), isGreeted: false };
    this.#links.add(link);
    socket.on("message", (data) => {
      if (Buffer.isBuffer(data)) this.#take(link, data.toString());
    });
    socket.on("error", () => undefined);
    socket.on("close", () => this.#links.delete(link));
    return link;
  }

  #take(link: Link, text: string): void {
    const frame = tryParse(text);
    if (frame === undefined) return;
    if (frame["type"] === "handshake") this.#takeHandshake(link, frame);
    if (frame["type"] === "subscribe") link.wanted.add(String(frame["channel_id"]));
    if (frame["type"] === "unsubscribe") link.wanted.delete(String(frame["channel_id"]));
    if (frame["type"] === "message") this.#takeMessage(link, frame);
    if (frame["type"] === "sync_request") this.#answerSync(link, frame);
    if (frame["type"] === "sync_response") this.#takePage(frame);
    if (frame["type"] === "error") this.emit("refused", String(frame["code"]));
  }

  #takeHandshake(link: Link, frame: Frame): void {
    if (Number(frame["version"]) !== 1) {
      this.#send(link, { type: "error", code: "unsupported_version", message: "version 1 only" });
      link.socket.close();
      return;
    }
    const { peer_id: remoteId, public_key: pem, capabilities } = frame;
    if (typeof remoteId !== "string") return;
    if (typeof pem === "string") this.#keys.set(remoteId, pem);
    // Whoever accepted the connection answers, however often it is greeted.
    if (link.direction === "in") this.#send(link, this.#handshake());
    link.isGreeted = true;
    for (const channelId of this.#channels) {
      this.#send(link, { type: "subscribe", channel_id: channelId });
      if (!isRecord(capabilities) || capabilities["store"] !== true) continue;
      this.#send(link, {
        type: "sync_request",
        channel_id: channelId,
        after_message_id: null,
        limit: CLIENT_PAGE,
      });
    }
    this.emit("greeted", remoteId);
  }

  #takeMessage(link: Link, frame: Frame): void {
    const message = tryReadMessage(frame);
    if (message === undefined) {
      this.#send(link, { type: "error", code: "invalid_message", message: "missing fields" });
      return;
    }
    const pem = this.#keys.get(message.sender_id);
    const { signature } = message;
    if (signature !== undefined && pem !== undefined && !verifyWire(pem, message, signature)) {
      this.#send(link, { type: "error", code: "invalid_message", message: "bad signature" });
      return;
    }
    link.known.add(message.message_id);
    if (!this.store.add(message)) return;
    this.#relay(message);
    this.emit("message", message, "live");
  }

  #answerSync(link: Link, frame: Frame): void {
    const channelId = String(frame["channel_id"]);
    const after = frame["after_message_id"];
    const limit = typeof frame["limit"] === "number" ? frame["limit"] : CLIENT_PAGE;
    const messages = this.store.page(
      channelId,
      typeof after === "string" ? after : null,
      Math.min(limit, SERVER_PAGE),
    );
    this.#send(link, { type: "sync_response", channel_id: channelId, messages });
  }

  #takePage(frame: Frame): void {
    const { messages, channel_id: channelId } = frame;
    if (!Array.isArray(messages)) return;
    for (const item of messages as unknown[]) {
      const message = isRecord(item)
        ? tryReadMessage({ ...item, channel_id: channelId })
        : undefined;
      if (message !== undefined && this.store.add(message)) this.emit("message", message, "sync");
    }
  }

  /** The seven fields, and whatever else a message had is lost here. */
  #relay(message: WireMessage): void {
    for (const link of this.#links) {
      if (!link.isGreeted || !link.wanted.has(message.channel_id)) continue;
      if (link.known.has(message.message_id)) continue;
      link.known.add(message.message_id);
      this.#send(link, { type: "message", ...message });
    }
  }

  #handshake(): Frame {
    return {
      type: "handshake",
      version: 1,
      peer_id: this.peerId,
      ...(this.#key !== undefined && { public_key: this.#key.publicKeyPem }),
      capabilities: { relay: true, store: true },
    };
  }

  #send(link: Link, frame: Frame): void {
    if (link.socket.readyState === WebSocket.OPEN) link.socket.send(JSON.stringify(frame));
  }
}

function tryParse(text: string): Frame | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function tryReadMessage(frame: Frame): WireMessage | undefined {
  const { message_id: id, channel_id: channel, sender_id: sender, body, timestamp } = frame;
  if (!isName(id) || !isName(channel) || !isName(sender) || body === undefined) return undefined;
  const { payload, signature } = frame;
  return {
    message_id: id,
    channel_id: channel,
    sender_id: sender,
    body,
    ...(payload !== undefined && { payload }),
    timestamp: isName(timestamp) ? timestamp : new Date().toISOString(),
    ...(typeof signature === "string" && { signature }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isRecord(value: unknown): value is Frame {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
