import { randomBytes } from "node:crypto";
import { openAnnouncement } from "../src/announcement/announcement.ts";
import { toHex, utf8Bytes } from "../src/codec/bytes.ts";
import { defaultCrypto } from "../src/crypto/select.ts";
import { identityFromRoot, type Identity } from "../src/identity/identity.ts";
import { encodeMessageContent, type MessageContent } from "../src/message/content.ts";
import { signBoardValue, verifyBoardValue } from "../src/session/board-value.ts";
import { DEFAULT_SESSION_CONFIG, type SessionConfig } from "../src/session/session-config.ts";
import {
  type Conversation,
  createConversation,
  isForked,
} from "../src/conversation/conversation.ts";
import { decodeConversation, encodeConversation } from "../src/conversation/conversation-codec.ts";
import { addressToPoll, stepConversation } from "../src/conversation/machine.ts";
import { decodeQueueItem, encodeQueueItem } from "../src/conversation/queue-item-codec.ts";
import { createSessionPort, type SessionPort } from "../src/conversation/session-port.ts";
import type {
  AcceptDecision,
  ConversationEvent,
  ConversationNotice,
  InboundEvent,
  SeenNote,
} from "../src/conversation/step.ts";

/** 2026-01-01, a time like any other. */
const START_MS = Date.UTC(2026, 0, 1);

const crypto = defaultCrypto();

/** A relay in memory: the first write to an address stays. */
export class Relay {
  readonly bulletin: Uint8Array[] = [];
  readonly board = new Map<string, Uint8Array>();

  post(seeker: Uint8Array, data: Uint8Array): void {
    const key = toHex(seeker);
    if (!this.board.has(key)) this.board.set(key, data);
  }

  read(seeker: Uint8Array): Uint8Array | undefined {
    return this.board.get(toHex(seeker));
  }

  /** Puts junk at an address, against the first-write rule. */
  squat(seeker: Uint8Array): void {
    this.board.set(toHex(seeker), utf8Bytes("not a value"));
  }
}

/** What the relay does with one post. */
export type PostFate = "taken" | "dropped" | "taken_but_failed";

/** What a peer keeps on disk: copy it and give it back, and the peer is where it was. */
export interface SavedState {
  readonly conversation: Uint8Array;
  readonly queue: readonly Uint8Array[];
  readonly seen: ReadonlyMap<string, SeenNote>;
  readonly cursor: number;
}

/** One side of a conversation, driven by hand. Its clock is the world's. */
export class Peer {
  readonly identity: Identity;
  readonly events: InboundEvent[] = [];
  readonly notices: ConversationNotice[] = [];
  readonly settled = new Map<string, string>();
  readonly sessions: SessionPort;
  conversation: Conversation | undefined;
  cursor = 0;
  /** The answer to contact requests. */
  decision: AcceptDecision = "trusted";
  readonly #world: { nowMs: number };
  readonly #relay: Relay;
  #seen = new Map<string, SeenNote>();

  constructor(
    root: number,
    world: { nowMs: number },
    relay: Relay,
    config: Partial<SessionConfig> = {},
  ) {
    this.identity = identityFromRoot(new Uint8Array(32).fill(root), crypto);
    this.sessions = createSessionPort({
      identity: this.identity,
      crypto,
      config: { ...DEFAULT_SESSION_CONFIG, ...config },
    });
    this.#world = world;
    this.#relay = relay;
  }

  apply(event: ConversationEvent): void {
    if (this.conversation === undefined) throw new Error("test: no conversation yet");
    const { conversation, effects } = stepConversation(this.conversation, event, {
      sessions: this.sessions,
      nowMs: this.#world.nowMs,
      random: () => 0.5,
      newMessageId: () => randomBytes(12),
      findSeen: (messageId) => this.#seen.get(toHex(messageId)),
    });
    this.conversation = conversation;
    for (const effect of effects) {
      if (effect.type === "event") this.events.push(effect.event);
      if (effect.type === "remember") this.#seen.set(toHex(effect.messageId), effect.note);
      if (effect.type === "settled") this.settled.set(toHex(effect.messageId), effect.status);
      if (effect.type === "notice") this.notices.push(effect.notice);
    }
  }

  request(other: Peer, userData = utf8Bytes("hello")): void {
    this.conversation ??= createConversation(other.identity.publicKeys, this.#world.nowMs);
    this.apply({ type: "request", userData });
  }

  send(content: MessageContent & { readonly messageId: Uint8Array }): void {
    const { messageId } = content;
    this.apply({ type: "send", item: { messageId, contents: encodeMessageContent(content) } });
  }

  sendText(text: string): Uint8Array {
    const messageId = randomBytes(12);
    this.send({ type: "text", messageId, text });
    return messageId;
  }

  /** Builds and posts the announcement that is wanted, as far as it may go out. */
  announce(fate: PostFate = "taken"): void {
    const pending = this.conversation?.announcement;
    if (pending?.stage === "wanted" && pending.notBeforeMs <= this.#world.nowMs) {
      this.apply({ type: "announce" });
    }
    const built = this.conversation?.announcement;
    if (built?.stage !== "built") return;
    if (fate !== "dropped") this.#relay.bulletin.push(built.bytes);
    if (fate === "taken") this.apply({ type: "announcement_posted" });
  }

  /** Posts what is encrypted; nothing before the announcement of the session it belongs to. */
  postValues(fate: PostFate = "taken"): void {
    if (this.conversation === undefined || this.conversation.announcement !== undefined) return;
    for (const { messageId, value, posted } of this.conversation.queue) {
      if (value === undefined || posted) continue;
      if (fate !== "dropped") this.#relay.post(value.seeker, value.data);
      if (fate !== "taken_but_failed") this.apply({ type: "posted", messageId });
    }
  }

  readBulletin(): void {
    for (; this.cursor < this.#relay.bulletin.length; this.cursor += 1) {
      const bytes = this.#relay.bulletin[this.cursor] ?? new Uint8Array(0);
      const opened = openAnnouncement({ identity: this.identity, bytes, crypto });
      if (opened === undefined) continue;
      this.conversation ??= createConversation(opened.sender, this.#world.nowMs);
      this.apply({ type: "announcement", opened, accept: this.decision });
    }
  }

  /** Own addresses first, then what the peer sent, as the client's poll does. */
  readBoard(): void {
    this.checkOwnValues();
    for (;;) {
      const seeker = this.conversation && addressToPoll(this.conversation, this.sessions);
      const data = seeker && this.#relay.read(seeker);
      if (seeker === undefined) return;
      if (data === undefined) {
        this.apply({ type: "vacant" });
        return;
      }
      if (!verifyBoardValue(seeker, data, crypto)) {
        this.apply({ type: "squatted", seeker });
        return;
      }
      this.apply({ type: "value", seeker, data });
    }
  }

  checkOwnValues(): void {
    if (this.conversation === undefined) return;
    const next = this.sessions.nextOwnSeeker(this.conversation.session);
    const unverified = this.conversation.queue.flatMap(({ value, posted, verified }) =>
      value !== undefined && posted && !verified ? [value.seeker] : [],
    );
    for (const seeker of [...(next ? [next] : []), ...unverified]) {
      const data = this.#relay.read(seeker);
      const signed = data !== undefined && verifyBoardValue(seeker, data, crypto);
      this.apply({ type: "own_value", seeker, found: data && { data, signed } });
    }
  }

  /** One turn of everything, without faults. */
  turn(): void {
    if (this.conversation !== undefined) this.apply({ type: "tick" });
    this.readBulletin();
    this.readBoard();
    this.announce();
    this.postValues();
  }

  /** What a copy of this state would have posted next. */
  postAsCopy(): void {
    const key = this.conversation?.session.active?.ownSeekerKey;
    if (key === undefined) return;
    this.#relay.post(key.seeker, signBoardValue(key, randomBytes(3600), crypto));
  }

  get texts(): string[] {
    return this.events.flatMap((event) => (event.type === "message" ? [event.text] : []));
  }

  get forked(): boolean {
    return this.conversation !== undefined && isForked(this.conversation);
  }

  status(messageId: Uint8Array): string {
    return this.settled.get(toHex(messageId)) ?? "unsettled";
  }

  save(): SavedState | undefined {
    const { conversation } = this;
    if (conversation === undefined) return undefined;
    return {
      conversation: encodeConversation(conversation),
      queue: conversation.queue.map((item) => encodeQueueItem(conversation.peer, item)),
      seen: new Map(this.#seen),
      cursor: this.cursor,
    };
  }

  /** The process ends and starts with this state, by default with its newest. */
  restart(saved: SavedState | undefined = this.save()): void {
    if (saved === undefined) return;
    const queue = saved.queue.map((bytes) => decodeQueueItem(bytes).item);
    this.conversation = { ...decodeConversation(saved.conversation), queue };
    this.#seen = new Map(saved.seen);
    this.cursor = saved.cursor;
  }

  /** All state is gone; the identity is kept. */
  forgetEverything(): void {
    this.conversation = undefined;
    this.#seen = new Map();
    this.cursor = this.#relay.bulletin.length;
  }
}

/** Two identities, a relay, and a clock that stands still unless it is moved. */
export function createWorld(config: Partial<SessionConfig> = {}): {
  world: { nowMs: number };
  relay: Relay;
  alice: Peer;
  bob: Peer;
} {
  const world = { nowMs: START_MS };
  const relay = new Relay();
  const alice = new Peer(1, world, relay, config);
  const bob = new Peer(2, world, relay, config);
  return { world, relay, alice, bob };
}

/** Both sides take turns until nothing is left to do at this time. */
export function settle(...peers: Peer[]): void {
  for (let round = 0; round < 6; round += 1) for (const peer of peers) peer.turn();
}
