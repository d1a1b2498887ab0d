import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import { MAX_FRAME_BYTES } from "../frame/limits.ts";

/** What may lie in a chunk of the socket behind the frame that is being read. */
const CHUNK_SLACK_BYTES = 64 * 1024;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** How long a remote may take to answer our close before the socket is cut. */
const CLOSE_MS = 1_000;
/** Close codes of RFC 6455, and one of ours. */
const CLOSE_CODE = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  tryLater: 1013,
  duplicate: 4001,
} as const;

export type CloseReason = keyof typeof CLOSE_CODE;

export interface LinkSocketEvents {
  /** One frame as text; binary frames are read as UTF-8, as the reference reads them. */
  onText(text: string, bytes: number): void;
  /** Bytes that are no UTF-8. */
  onGarbage(): void;
  /** Once; nothing comes after it. */
  onClose(): void;
}

export interface LinkSocketOptions {
  /** Made with `autoPong: false` and without compression. */
  readonly socket: WebSocket;
  /** The connection under it, to count what arrives before a frame is complete. */
  readonly raw: Socket;
  /** Bytes that may wait to be sent; a reader that lets more pile up is cut off. */
  readonly sendBufferBytes: number;
  readonly pingMs: number;
  readonly events: LinkSocketEvents;
}

/**
 * A WebSocket with the bounds of section 3.6: the bytes of a frame while it arrives, the bytes that wait to be sent, and the
 * time a remote may be silent. Never throws, whatever the remote does.
 */
export class LinkSocket {
  readonly #socket: WebSocket;
  readonly #sendBufferBytes: number;
  readonly #pinger: NodeJS.Timeout;
  readonly #onData: (chunk: Buffer) => void;
  /** Larger frames are due: a page of a reference store, which knows no bound. */
  maxFrameBytes = MAX_FRAME_BYTES;
  #pendingBytes = 0;
  #isAlive = true;
  #isClosing = false;
  #cut: NodeJS.Timeout | undefined;

  constructor({ socket, raw, sendBufferBytes, pingMs, events }: LinkSocketOptions) {
    this.#socket = socket;
    this.#sendBufferBytes = sendBufferBytes;
    this.#pinger = setInterval(() => this.#ping(), pingMs);
    this.#onData = (chunk) => this.#count(chunk.length);
    raw.on("data", this.#onData);
    socket.on("message", (data) => {
      this.#pendingBytes = 0;
      if (!this.#isClosing) this.#read(data, events);
    });
    socket.on("pong", () => {
      this.#pendingBytes = 0;
    });
    // Answered here and not by `ws`, so that whoever asks without reading runs into the bound of what waits.
    socket.on("ping", (data) => {
      this.#pendingBytes = 0;
      if (!this.isOpen) return;
      if (socket.bufferedAmount > sendBufferBytes) this.terminate();
      else socket.pong(data);
    });
    // What breaks the protocol of WebSockets, or the connection: "close" follows in every case.
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(this.#pinger);
      clearTimeout(this.#cut);
      raw.off("data", this.#onData);
      this.#isClosing = true;
      events.onClose();
    });
  }

  get isOpen(): boolean {
    return !this.#isClosing && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Bytes that the remote has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Sends one text frame, or cuts off a remote that does not read. @returns Whether it was handed to the socket. */
  send(text: string | Buffer): boolean {
    if (!this.isOpen) return false;
    if (this.#socket.bufferedAmount > this.#sendBufferBytes) {
      this.terminate();
      return false;
    }
    this.#socket.send(text, { binary: false });
    return true;
  }

  /** Asks whether the remote is still there. It has `withinMs` to say anything at all. */
  probe(withinMs: number): void {
    if (!this.isOpen) return;
    this.#isAlive = false;
    this.#socket.ping();
    const timer = setTimeout(() => {
      if (!this.#isAlive) this.terminate();
    }, withinMs);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  /** Reads nothing until {@link resume}: what the remote sends waits on its side. */
  pause(): void {
    if (this.isOpen) this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  close(reason: CloseReason): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    // A paused socket would not see the answer.
    this.resume();
    this.#socket.close(CLOSE_CODE[reason], reason);
    this.#cut = setTimeout(() => this.#socket.terminate(), CLOSE_MS);
  }

  terminate(): void {
    this.#isClosing = true;
    this.#socket.terminate();
  }

  #read(data: RawData, events: LinkSocketEvents): void {
    const bytes = toBuffer(data);
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      events.onGarbage();
      return;
    }
    events.onText(text, bytes.length);
  }

  /**
   * The bound of `ws` is that of the largest page; until one is due, a frame that grows beyond the usual bound ends the
   * connection before it has been read, so that strangers cannot make us hold megabytes.
   */
  #count(bytes: number): void {
    this.#isAlive = true;
    this.#pendingBytes += bytes;
    if (this.#pendingBytes > this.maxFrameBytes + CHUNK_SLACK_BYTES) this.close("tooBig");
  }

  #ping(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (!this.#isAlive && !this.#socket.isPaused) {
      this.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
