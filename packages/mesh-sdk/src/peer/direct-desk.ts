import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { directChannelId, isDirectChannelOf } from "../direct/direct-channel.ts";
import type { DirectContent } from "../direct/direct-content.ts";
import { boxChannelId, openKnock, sealKnock, tryReadPrekeyPayload } from "../direct/knock.ts";
import { type NoteStore, PeerPrekeys } from "../direct/peer-prekeys.ts";
import type { Prekey } from "../direct/prekey.ts";
import { Prekeys } from "../direct/prekeys.ts";
import { openDirect } from "../direct/seal.ts";
import { malformed, MeshError, type MeshErrorCode } from "../errors.ts";
import type { Fields } from "../frame/fields.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import { readContent } from "../message/read-content.ts";
import type { ContactTable } from "../own/contact-table.ts";
import type { OwnStore } from "../own/own-store.ts";
import type { WaitingMessage } from "../own/waiting-table.ts";
import type { MeshStore } from "../store/port.ts";
import { DirectSender, type DirectWay } from "./direct-sender.ts";
import type { OutgoingContent, SentMessage } from "./types.ts";

/** Who has not answered a knock for so long is knocked at again: relays forget, and so do peers. */
const KNOCK_AGAIN_MS = 3 * 24 * 3_600_000;

/** Who goes on sealing to a prekey that we have no more is told the new one as often as this. */
const TELL_AGAIN_MS = 3_600_000;
/** So many are told at a time; whoever makes up senders must not have us look for the boxes of all of them. */
const MAX_TOLD = 64;

/** What is looked through of a stored box at most: knocks of strangers may lie before and behind the prekey. */
const BOX_PAGE = { limit: 500, maxBytes: 1024 * 1024 } as const;
const MAX_BOX_PAGES = 20;

/** No second try helps. */
const BAD_CONTENT: ReadonlySet<MeshErrorCode> = new Set(["malformed", "too_large"]);
const UNSENDABLE = new Set([...BAD_CONTENT, "no_key_for_peer", "invalid_peer_id"]);

export interface DirectDeskDeps {
  readonly key: MeshKey;
  readonly own: OwnStore;
  readonly store: Pick<MeshStore, "arrivedAfter">;
  readonly clock: Clock;
  /** Where to write plain text to, by the id of the peer: those whom the owner allows it for, while they have no key. */
  readonly plainChannels: ReadonlyMap<string, string>;
  readonly nextTimestampMs: () => number;
  /** Puts a message of ours into the store and hands it to the engine. */
  readonly send: (message: CheckedMessage) => Promise<void>;
  /** {@link DirectDesk.channels} has changed. */
  readonly onChannelsChange: () => void;
  /** What was to be sent to a peer, and never can be. */
  readonly onUnsent: (error: MeshError) => void;
}

/** Direct messages (section 5): whom we can seal to, who may be waiting for us, and what waits for a key. */
export class DirectDesk {
  readonly #deps: DirectDeskDeps;
  readonly #sender: DirectSender;
  readonly #prekeys: Prekeys;
  readonly #peerPrekeys: PeerPrekeys;
  readonly #ownBox: string;
  /** Boxes that are read for a prekey, by channel. */
  readonly #lookups = new Map<string, string>();
  readonly #channels = new Set<string>();
  /** Peers that are to be told our prekey once we can seal to them. */
  readonly #toTell = new Set<string>();
  /** One send at a time: sealing takes several turns of the event loop, and a key must make one message. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: DirectDeskDeps) {
    const { clock, key, own } = deps;
    this.#deps = deps;
    this.#prekeys = new Prekeys({ key, vault: own.prekeys, clock });
    this.#sender = new DirectSender({ ...deps, currentPrekey: () => this.#prekeys.current() });
    this.#peerPrekeys = new PeerPrekeys({ notes: prekeyNotes(own.contacts), clock });
    this.#ownBox = boxChannelId(key.peerId);
    for (const { peerId } of own.contacts.all()) this.#channels.add(directChannelId(key, peerId));
    for (const { message } of own.waiting.all()) {
      this.#lookups.set(boxChannelId(message.peerId), message.peerId);
    }
  }

  get ownBox(): string {
    return this.#ownBox;
  }

  /** Whether messages to a peer can be sealed now. */
  canSeal(peerId: string): boolean {
    return this.#tryPrekeyOf(peerId) !== undefined;
  }

  /** What is to be listened to for the sake of direct messages. */
  channels(): string[] {
    return [this.#ownBox, ...this.#channels, ...this.#lookups.keys()];
  }

  /** The prekey to lay out now. */
  currentPrekey(): Fields {
    return this.#prekeys.current();
  }

  /** Deletes private halves whose time is over. */
  forgetOld(): void {
    this.#prekeys.forgetOld();
  }

  /** Goes on with what waits since before a restart, where a key is known by now. Call once, before anything is sent. */
  async resume(): Promise<void> {
    const peerIds = new Set(this.#deps.own.waiting.all().map(({ message }) => message.peerId));
    for (const peerId of peerIds) {
      try {
        await this.#inTurn(async () => this.#flush(peerId));
      } catch (error) {
        // The store is full, or closed: it waits on.
        if (!(error instanceof MeshError)) throw error;
      }
    }
  }

  /** See {@link MeshPeer.sendDirect}. */
  async send(peerId: string, content: OutgoingContent, key: string): Promise<SentMessage> {
    const { clock, key: ownKey, own } = this.#deps;
    const channelId = directChannelId(ownKey, peerId);
    this.#sender.assertSendable(content);
    const { body, payload, replyTo } = content;
    const waiting = { key, peerId, body, payload, ...(replyTo !== undefined && { replyTo }) };
    return this.#inTurn(async () => {
      const known = own.sent.find(key);
      if (known !== undefined) {
        await this.#sender.sendUnstored(peerId);
        // In the store by now, unless it was signed before a restart.
        await this.#sender.sendAgain(own.sent.find(key) ?? known);
        return known.receipt;
      }
      if (!own.waiting.has(key)) {
        const isNew = own.contacts.find(peerId) === undefined;
        own.transaction(() => {
          own.contacts.note(peerId, "ours", clock.now());
          own.waiting.insert(waiting, clock.now());
        });
        this.#channels.add(channelId);
        if (isNew) this.#deps.onChannelsChange();
      }
      await this.#flush(peerId);
      const sent = own.sent.find(key);
      if (sent !== undefined) return sent.receipt;
      if (own.waiting.has(key)) return { channelId, messageId: undefined };
      throw malformed("direct message: no message can be made of it");
    });
  }

  /**
   * Opens a direct message.
   *
   * @throws MeshError `cannot_open` | `malformed` | `too_large` | `forged` | `invalid_peer_id`.
   */
  async open(checked: CheckedMessage): Promise<DirectContent> {
    const { key } = this.#deps;
    return openDirect(checked, { key, prekeys: this.#prekeys });
  }

  /** A sealed message came: its sender listens to the channel, and has perhaps sent a newer prekey along. */
  async noteOpened(peerId: string, { prekey }: DirectContent): Promise<void> {
    await this.#noteHeard(peerId, prekey);
  }

  /**
   * A message did not open. If it is for us, its sender seals to a prekey that we have no more, for days yet: it was away, or our
   * state is an older one. It is knocked at, so that it learns the prekey that we have (section 5.1).
   */
  async noteUnopened({ message, verdict }: CheckedMessage): Promise<void> {
    const { clock, key, own } = this.#deps;
    const { channelId, senderId } = message;
    if (verdict !== "verified" || !isDirectChannelOf(key, senderId, channelId)) return;
    if (this.#toTell.has(senderId) || this.#toTell.size >= MAX_TOLD) return;
    const told = own.contacts.find(senderId);
    if (told !== undefined && told.knockedMs > clock.now() - TELL_AGAIN_MS) return;
    own.contacts.note(senderId, "theirs", clock.now());
    this.#reloadChannels();
    this.#toTell.add(senderId);
    await this.#answer(senderId);
  }

  /** Somebody knocked in our box. @throws MeshError as {@link openKnock}. */
  async readKnock(checked: CheckedMessage): Promise<void> {
    const { key } = this.#deps;
    const { peerId, prekey } = await openKnock(checked, { key, prekeys: this.#prekeys });
    await this.#noteHeard(peerId, prekey);
  }

  /** Something came in another peer's box: the prekey that we look for, or nothing of interest. @throws MeshError. */
  async readBox({ message, verdict }: CheckedMessage): Promise<void> {
    const peerId = this.#lookups.get(message.channelId);
    if (peerId !== message.senderId || verdict !== "verified") return;
    const prekey = tryReadPrekeyPayload(readContent(message).payload);
    if (prekey === undefined) return;
    this.#peerPrekeys.learn(peerId, prekey);
    await this.#answer(peerId);
  }

  async #noteHeard(peerId: string, prekey: Fields | undefined): Promise<void> {
    const { clock, key, own } = this.#deps;
    const contact = own.contacts.find(peerId);
    if (contact?.hasAnswered !== true) {
      own.contacts.note(peerId, "theirs", clock.now());
      this.#reloadChannels();
    }
    if (prekey !== undefined) this.#tryLearn(peerId, prekey);
    if (this.#lookups.has(boxChannelId(peerId)) && peerId !== key.peerId) {
      await this.#answer(peerId);
    }
  }

  /**
   * Goes on with a peer because of something that it sent. What cannot be sealed to it is its own doing, and ends nothing here;
   * a store that fails is not.
   */
  async #answer(peerId: string): Promise<void> {
    try {
      await this.#inTurn(async () => this.#flush(peerId));
    } catch (error) {
      if (!(error instanceof MeshError) || !UNSENDABLE.has(error.code)) throw error;
      this.#deps.onUnsent(error);
    }
  }

  /** A prekey that came along with something. One that is over by now, or bad, takes nothing from what it came with. */
  #tryLearn(peerId: string, prekey: Fields): void {
    try {
      this.#peerPrekeys.learn(peerId, prekey);
    } catch (error) {
      if (!(error instanceof MeshError)) throw error;
      if (error.code !== "malformed" && error.code !== "forged") throw error;
    }
  }

  /** Sends what waits for a peer, in order, as soon as there is a key, or without one where that is allowed. */
  async #flush(peerId: string): Promise<void> {
    await this.#sender.sendUnstored(peerId);
    const prekey = this.#tryPrekeyOf(peerId) ?? this.#tryStoredPrekeyOf(peerId);
    const plainChannel = this.#deps.plainChannels.get(peerId);
    if (prekey === undefined) {
      this.#lookUp(peerId);
      if (plainChannel !== undefined) await this.#sendAll(peerId, { plainChannel });
      return;
    }
    await this.#knock(prekey);
    await this.#sendAll(peerId, { prekey });
    if (this.#lookups.delete(boxChannelId(peerId))) this.#deps.onChannelsChange();
  }

  async #sendAll(peerId: string, way: DirectWay): Promise<void> {
    for (const { id, message } of this.#deps.own.waiting.all()) {
      if (message.peerId === peerId) await this.#sendOrGiveUp(id, message, way);
    }
  }

  /** What never can be sent keeps nothing waiting behind it. */
  async #sendOrGiveUp(id: number, waiting: WaitingMessage, way: DirectWay): Promise<void> {
    try {
      await this.#sender.sendWaiting(id, waiting, way);
    } catch (error) {
      if (!(error instanceof MeshError) || !BAD_CONTENT.has(error.code)) throw error;
      this.#deps.own.waiting.remove(id);
      this.#deps.onUnsent(error);
    }
  }

  /** Who has never written to us does not listen yet: it is told to. */
  async #knock(prekey: Prekey): Promise<void> {
    const { clock, key, nextTimestampMs, own, send } = this.#deps;
    const contact = own.contacts.find(prekey.peerId);
    const mustTell = this.#toTell.has(prekey.peerId);
    const isDue = (contact?.knockedMs ?? 0) <= clock.now() - KNOCK_AGAIN_MS;
    if (!mustTell && (contact?.hasAnswered === true || !isDue)) return;
    const timestampMs = nextTimestampMs();
    const knock = await sealKnock({
      key,
      prekey,
      own: this.#prekeys.current(),
      timestampMs,
      random: (length) => randomBytes(length),
    });
    await send(knock);
    own.contacts.noteKnock(prekey.peerId, clock.now());
    this.#toTell.delete(prekey.peerId);
  }

  #tryPrekeyOf(peerId: string): Prekey | undefined {
    try {
      return this.#peerPrekeys.current(peerId);
    } catch (error) {
      if (error instanceof MeshError && error.code === "no_key_for_peer") return undefined;
      throw error;
    }
  }

  /** A relay may have kept the box for others: what is stored does not come as news once we ask for it. */
  #tryStoredPrekeyOf(peerId: string): Prekey | undefined {
    const { store } = this.#deps;
    const box = boxChannelId(peerId);
    let after = 0;
    for (let page = 0; page < MAX_BOX_PAGES; page += 1) {
      const rows = store.arrivedAfter(box, after, BOX_PAGE);
      for (const { message } of rows) {
        const fields =
          message.senderId === peerId
            ? tryReadPrekeyPayload(readContent(message).payload)
            : undefined;
        if (fields !== undefined) this.#tryLearn(peerId, fields);
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.arrival;
    }
    return this.#tryPrekeyOf(peerId);
  }

  #lookUp(peerId: string): void {
    const box = boxChannelId(peerId);
    if (this.#lookups.has(box)) return;
    this.#lookups.set(box, peerId);
    this.#deps.onChannelsChange();
  }

  #reloadChannels(): void {
    const { key, own } = this.#deps;
    this.#channels.clear();
    for (const { peerId } of own.contacts.all()) this.#channels.add(directChannelId(key, peerId));
    this.#deps.onChannelsChange();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Prekeys of others lie with the contacts, of which there are only so many. */
function prekeyNotes(contacts: ContactTable): NoteStore {
  return {
    readNote: (name) => contacts.readPrekey(peerOfNote(name)),
    writeNote: (name, value) => contacts.writePrekey(peerOfNote(name), value),
  };
}

/** Notes are called `prekey/` and the id of the peer. */
function peerOfNote(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}
