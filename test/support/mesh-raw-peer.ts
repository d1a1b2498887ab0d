/** Someone who connects to a mesh peer and sends what no peer would, for tests only. */
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import * as z from "zod";
import {
  type IndependentKey,
  independentKey,
  signWire,
  type WireMessage,
} from "./independent-mesh-rules.ts";

const FrameSchema = z.looseObject({ type: z.string() });
export type SeenFrame = z.infer<typeof FrameSchema>;

export interface RawOptions extends ClientOptions {
  /** Default a new one. */
  readonly identity?: IndependentKey;
  /** Fields that take the place of those of an honest handshake; false says nothing at all. */
  readonly greeting?: Readonly<Record<string, unknown>> | false;
}

export class RawMeshPeer {
  readonly key: IndependentKey;
  readonly socket: WebSocket;
  /** All so far, in order. */
  readonly seen: SeenFrame[] = [];
  readonly #news = new EventEmitter<{ frame: [] }>();

  private constructor(url: string, { identity, greeting: _greeting, ...options }: RawOptions) {
    this.key = identity ?? independentKey();
    this.socket = new WebSocket(url, options);
    this.socket.on("error", () => undefined);
    this.socket.on("message", (data) => {
      if (Buffer.isBuffer(data)) this.seen.push(FrameSchema.parse(JSON.parse(data.toString())));
      this.#news.emit("frame");
    });
    this.socket.on("close", () => this.#news.emit("frame"));
  }

  /** Resolves when the connection is there and, unless it says nothing, greeted back. */
  static async connect(url: string, options: RawOptions = {}): Promise<RawMeshPeer> {
    const peer = new RawMeshPeer(url, options);
    await once(peer.socket, "open");
    if (options.greeting !== false) {
      peer.send({ ...peer.handshake(), ...options.greeting });
      await peer.until((frame) => frame.type === "handshake");
    }
    return peer;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  handshake(): Record<string, unknown> {
    return {
      type: "handshake",
      version: 1,
      peer_id: this.key.peerId,
      public_key: this.key.publicKeyPem,
      capabilities: { relay: true, store: true },
    };
  }

  /** A signed message, with fields in place of its own. What is set to undefined is left out. */
  message(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return { type: "message", ...signedMessage(this.key), ...fields };
  }

  send(frame: unknown): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string | Buffer, options: { readonly binary: boolean } = { binary: false }): void {
    if (this.isOpen) this.socket.send(text, options);
  }

  /** The first frame, come already or not, that passes. @throws Error when the connection ends before. */
  async until(matches: (frame: SeenFrame) => boolean, from = 0): Promise<SeenFrame> {
    for (;;) {
      const found = this.seen.slice(from).find(matches);
      if (found !== undefined) return found;
      if (!this.isOpen) throw new Error("the connection has ended");
      await once(this.#news, "frame");
    }
  }

  /** Resolves when the other side has read all that was sent, or has hung up. */
  async settled(): Promise<void> {
    if (!this.isOpen) return;
    const stop = new AbortController();
    const { signal } = stop;
    // The other one of the two is aborted below.
    const answered = Promise.race([
      once(this.socket, "pong", { signal }).catch(() => undefined),
      once(this.socket, "close", { signal }).catch(() => undefined),
    ]);
    this.socket.ping(undefined, undefined, () => undefined);
    await answered;
    stop.abort();
  }

  async closed(): Promise<void> {
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, "close");
  }

  end(): void {
    this.socket.terminate();
  }
}

/** A message as an honest peer would sign it, but for the fields given. */
export function signedMessage(
  key: IndependentKey,
  fields: Partial<Omit<WireMessage, "signature">> = {},
): WireMessage {
  const draft: WireMessage = {
    message_id: randomUUID(),
    channel_id: "lobby",
    sender_id: key.peerId,
    body: "from a stranger",
    timestamp: new Date().toISOString(),
    ...fields,
  };
  return { ...draft, signature: signWire(key, draft) };
}

/** A TCP connection that was upgraded by hand, for frames that no library sends. */
export async function upgradeByHand(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connect(port, host);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(
    [
      "GET / HTTP/1.1",
      `Host: ${host}:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "",
      "",
    ].join("\r\n"),
  );
  await once(socket, "data");
  return socket;
}

/** Resolves when the other side has hung up. */
export async function hungUp(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.destroyed) await once(socket, "close");
}
