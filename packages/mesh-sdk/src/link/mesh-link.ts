import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Clock } from "../clock.ts";
import { malformed, MeshError } from "../errors.ts";
import { encodeFrame, type OutgoingFrame } from "../frame/encode-frame.ts";
import type { AuthFrame, Frame, HandshakeFrame } from "../frame/frames.ts";
import { MAX_FRAME_BYTES, MAX_PAGE_BYTES } from "../frame/limits.ts";
import { parseFrame } from "../frame/parse-frame.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { checkLinkProof, type LinkFacts, makeLinkProof } from "../link-proof/link-proof.ts";
import type { MeshLimits, MeshTiming } from "../peer/types.ts";
import { LinkSocket, type CloseReason } from "./link-socket.ts";
import { createSentRing } from "./sent-ring.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

const PROTOCOL_VERSION = 1;
/** Version of our own extensions (section 3.2). */
const EXTENSIONS_VERSION = 1;
const NONCE_BYTES = 32;
/** A frame costs 1 for itself, and 1 for this many bytes. */
const BYTES_PER_TOKEN = 4 * 1024;
/** Frames other than messages: subscriptions, requests, pages. */
const CONTROL_FRAMES_PER_SECOND = 200;
/** Bad frames: twenty at once, then one in five seconds, then the link is closed. */
const STRIKES = { perSecond: 0.2, burst: 20 };
/** Channels that a neighbor begins to ask for: each makes us ask all the others. */
const NEW_WISHES = { perSecond: 10, burst: 1_024 };
/** Messages of one link that may be on their way to the disk before we stop reading. */
const MAX_HELD = 256;
/** The same in UTF-16 units of what they say. */
const MAX_HELD_LENGTH = 2 * 1024 * 1024;
/** Messages that we remember to have sent, or got, over a link. */
const SENT_RING = 2_048;

interface MeshLinkEvents {
  /** The remote has said, but not proven, who it is. Throw to refuse it: MeshError, its code goes to the remote. */
  onIdentified(link: MeshLink): void;
  /** Frames may be exchanged; the proof is there when the remote is one of ours. */
  onReady(link: MeshLink): void;
  /** Any frame but those of the handshake, after {@link onReady}. A MeshError thrown here counts against the remote. */
  onFrame(link: MeshLink, frame: Frame): void;
  /** Once, whether it was ever ready or not. */
  onClose(link: MeshLink): void;
}

export interface MeshLinkOptions {
  readonly linkId: string;
  readonly socket: WebSocket;
  readonly raw: Socket;
  readonly direction: "in" | "out";
  /**
   * What was dialed, by {@link linkHostOf}: from the address, or from the `Host` header that the door has judged. Undefined
   * where that is no name of ours: then nothing is proven, either way.
   */
  readonly host: string | undefined;
  readonly key: MeshKey;
  readonly limits: MeshLimits;
  readonly timing: MeshTiming;
  readonly clock: Clock;
  readonly events: MeshLinkEvents;
}

/**
 * One connection to a neighbor (section 3): handshake with a time limit, proof of the key where the remote is one of ours,
 * and the bounds that hold for every frame. A hostile frame is answered with `error`, many of them close the link, and none
 * of them throws.
 */
export class MeshLink {
  readonly linkId: string;
  readonly direction: "in" | "out";
  readonly connectedAtMs: number;
  /** What it has, so that it is not sent again. */
  readonly sent = createSentRing(SENT_RING);
  /** Channels that it may begin to ask for. */
  readonly newWishes: TokenBucket;
  /** Known from the handshake on. */
  peerId = "";
  isOurs = false;
  isProven = false;
  readyAtMs: number | undefined;
  remoteStores = false;
  readonly #options: MeshLinkOptions;
  readonly #socket: LinkSocket;
  readonly #frames: TokenBucket;
  readonly #strikes: TokenBucket;
  readonly #errors: TokenBucket;
  readonly #nonce = randomBytes(NONCE_BYTES).toString("base64url");
  readonly #deadline: NodeJS.Timeout;
  #remoteNonce: string | undefined;
  #held = 0;
  #heldLength = 0;
  #pagesDue = 0;
  #restUntil: NodeJS.Timeout | undefined;

  constructor(options: MeshLinkOptions) {
    const { clock, limits, timing } = options;
    this.#options = options;
    this.linkId = options.linkId;
    this.direction = options.direction;
    this.connectedAtMs = clock.now();
    const perSecond = limits.messagesPerSecondPerLink + CONTROL_FRAMES_PER_SECOND;
    this.#frames = createTokenBucket({ perSecond, burst: perSecond * 10 }, clock);
    this.newWishes = createTokenBucket(NEW_WISHES, clock);
    this.#strikes = createTokenBucket(STRIKES, clock);
    this.#errors = createTokenBucket({ perSecond: 1, burst: 50 }, clock);
    this.#socket = new LinkSocket({
      socket: options.socket,
      raw: options.raw,
      sendBufferBytes: limits.sendBufferBytes,
      pingMs: timing.pingMs,
      events: {
        onText: (text, bytes) => this.#guard(() => this.#readText(text, bytes)),
        onGarbage: () => this.punish(new MeshError("malformed", "frame: not UTF-8")),
        onClose: () => this.#end(),
      },
    });
    this.#deadline = setTimeout(() => this.close("policy"), timing.handshakeMs);
    if (options.direction === "out") this.#sendHandshake();
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Whether frames may be exchanged. */
  get isReady(): boolean {
    return this.readyAtMs !== undefined && this.isOpen;
  }

  /** What was dialed; undefined where that is no name of ours. */
  get host(): string | undefined {
    return this.#options.host;
  }

  /** Its id where that is proven. */
  get provenPeerId(): string | undefined {
    return this.isProven ? this.peerId : undefined;
  }

  /** Bytes that the remote has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** The secret of this connection's handshake; a remote that sends it back is ourselves. */
  get nonce(): string {
    return this.#nonce;
  }

  get remoteNonce(): string | undefined {
    return this.#remoteNonce;
  }

  send(frame: OutgoingFrame): boolean {
    return this.#socket.send(encodeFrame(frame));
  }

  /** Sends a frame that was encoded once for many links. */
  sendEncoded(frame: Buffer | string): boolean {
    return this.#socket.send(frame);
  }

  /** Tells the remote what is wrong, as often as the bound for that allows. The text names no content. */
  sendError(code: string, message: string): void {
    if (this.#errors.tryTake()) this.send({ type: "error", code, message });
  }

  /**
   * A page of a reference store is due, which knows no bound: of several channels at once.
   *
   * @returns To be called once it has come, or is waited for no more.
   */
  expectPage(): () => void {
    this.#countPages(1);
    let isDue = true;
    return () => {
      if (isDue) this.#countPages(-1);
      isDue = false;
    };
  }

  /**
   * Stops reading while too much of this link is on its way to the disk. Call the result once it is there.
   *
   * @param length - UTF-16 units of the message.
   */
  hold(length: number): () => void {
    this.#held += 1;
    this.#heldLength += length;
    if (this.#isHolding(1)) this.#socket.pause();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#held -= 1;
      this.#heldLength -= length;
      // Not at once, so that it does not stop and go with every message.
      if (!this.#isHolding(0.5)) this.#resume();
    };
  }

  /** Asks for a sign of life, see {@link LinkSocket.probe}. */
  probe(withinMs: number): void {
    this.#socket.probe(withinMs);
  }

  close(reason: CloseReason): void {
    this.#socket.close(reason);
  }

  /** Tells the remote that its frame was bad, and closes the link of one that sends many of them. */
  punish(error: unknown): void {
    const isTheirs = error instanceof MeshError;
    const code = isTheirs && error.code === "rate_limited" ? "rate_limited" : "invalid_message";
    this.sendError(code, isTheirs ? error.message : "frame: cannot be handled");
    // A genuine message at a wrong time says something of its sender's clock, or of ours.
    if (isTheirs && error.code === "out_of_time") return;
    if (!this.#strikes.tryTake()) this.close("policy");
  }

  #readText(text: string, bytes: number): void {
    this.#rest(this.#frames.take(1 + bytes / BYTES_PER_TOKEN));
    const frame = parseFrame(text, { allowsPage: this.#socket.maxFrameBytes > MAX_FRAME_BYTES });
    if (frame === undefined) return;
    if (frame.type === "handshake") this.#readHandshake(frame);
    else if (frame.type === "auth") this.#readAuth(frame);
    else if (frame.type === "ping") this.send({ type: "pong" });
    else if (frame.type !== "pong" && frame.type !== "error") this.#passOn(frame);
  }

  #passOn(frame: Frame): void {
    if (this.readyAtMs === undefined) throw malformed("frame: a handshake comes first");
    this.#options.events.onFrame(this, frame);
  }

  #countPages(more: number): void {
    this.#pagesDue += more;
    this.#socket.maxFrameBytes = this.#pagesDue > 0 ? MAX_PAGE_BYTES : MAX_FRAME_BYTES;
  }

  #readHandshake(frame: HandshakeFrame): void {
    if (frame.version !== PROTOCOL_VERSION) {
      this.sendError("unsupported_version", "handshake: version 1 is the only one");
      this.close("policy");
      return;
    }
    if (this.peerId !== "") {
      // The reference may repeat itself; who becomes another one in the middle is not believed in anything.
      if (frame.peerId === this.peerId) return;
      throw new MeshError("forged", "handshake: another id than before");
    }
    this.peerId = frame.peerId;
    this.isOurs = this.#mayProve && frame.nonce !== undefined && frame.extensions !== undefined;
    this.remoteStores = frame.capabilities.store;
    this.#remoteNonce = frame.nonce;
    this.#options.events.onIdentified(this);
    if (!this.isOpen) return;
    if (this.direction === "in") this.#sendHandshake();
    if (!this.isOurs) {
      this.#becomeReady();
      return;
    }
    const role = this.direction === "out" ? "dialer" : "acceptor";
    this.send({ type: "auth", signature: makeLinkProof(this.#options.key, role, this.#facts()) });
  }

  #readAuth({ signature }: AuthFrame): void {
    // Not asked for, or a second one.
    if (!this.isOurs || this.readyAtMs !== undefined) return;
    const role = this.direction === "out" ? "acceptor" : "dialer";
    if (!checkLinkProof(signature, role, this.#facts())) {
      this.sendError("unauthorized", "auth: the proof of the key does not hold");
      this.close("policy");
      return;
    }
    this.isProven = true;
    this.#becomeReady();
  }

  /** What both sides know after their handshakes. */
  #facts(): LinkFacts {
    const own = { id: this.#options.key.peerId, nonce: this.#nonce };
    const remote = { id: this.peerId, nonce: this.#remoteNonce ?? "" };
    const [dialer, acceptor] = this.direction === "out" ? [own, remote] : [remote, own];
    return {
      dialerId: dialer.id,
      acceptorId: acceptor.id,
      dialerNonce: dialer.nonce,
      acceptorNonce: acceptor.nonce,
      host: this.#options.host ?? "",
    };
  }

  get #mayProve(): boolean {
    return this.#options.host !== undefined;
  }

  #becomeReady(): void {
    clearTimeout(this.#deadline);
    this.readyAtMs = this.#options.clock.now();
    this.#options.events.onReady(this);
  }

  #sendHandshake(): void {
    const { key } = this.#options;
    this.send({
      type: "handshake",
      version: PROTOCOL_VERSION,
      peerId: key.peerId,
      publicKeyPem: key.publicKeyPem,
      capabilities: { relay: true, store: true },
      // Without them we are no peer of its kind for the remote, and it asks for no proof.
      ...(this.#mayProve && { nonce: this.#nonce, extensions: EXTENSIONS_VERSION }),
    });
  }

  /** One frame must never throw out of the handler of a socket. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.punish(error);
    }
  }

  /** Slows a remote down that sends more than its share: nothing is lost, it waits. */
  #rest(ms: number): void {
    if (ms <= 0 || this.#restUntil !== undefined) return;
    this.#socket.pause();
    this.#restUntil = setTimeout(() => {
      this.#restUntil = undefined;
      this.#resume();
    }, ms);
  }

  #resume(): void {
    if (this.#restUntil === undefined && !this.#isHolding(1)) this.#socket.resume();
  }

  /** Whether a share of what may be on its way is reached. */
  #isHolding(share: number): boolean {
    return this.#held >= MAX_HELD * share || this.#heldLength >= MAX_HELD_LENGTH * share;
  }

  #end(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#restUntil);
    this.#options.events.onClose(this);
  }
}
