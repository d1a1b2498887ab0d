import { randomBytes } from "node:crypto";
import { StatusNotifier } from "sdk-kit";
import { encodeAnnouncementPayload } from "../announcement/announcement-payload.ts";
import { sharedBulletinFeed } from "../bulletin/shared-feed.ts";
import { systemClock } from "../clock.ts";
import { createConversation, type MessageStatus } from "../conversation/conversation.ts";
import { createSessionPort } from "../conversation/session-port.ts";
import { MAX_QUEUED_MESSAGES } from "../conversation/timing.ts";
import { defaultCrypto } from "../crypto/select.ts";
import { GossipError } from "../errors.ts";
import type { GossipUserId } from "../identity/user-id.ts";
import { encodeMessageContent, MESSAGE_ID_BYTES } from "../message/content.ts";
import { openStore } from "../store/gossip-store.ts";
import { ClientEngine } from "./client-engine.ts";
import type { ClientContext } from "./client-context.ts";
import { ConversationBook } from "./conversation-book.ts";
import { streamEvents } from "./event-stream.ts";
import { ForkCounter } from "./fork-counter.ts";
import { toMessageContent } from "./outgoing-content.ts";
import { DEFAULT_POLLING } from "./polling-options.ts";
import { RelayHealth } from "./relay-health.ts";
import { estimateRestoreScan, runRestoreScan } from "./restore.ts";
import { waitForStatus } from "./status-wait.ts";
import { summarizeContact, summarizeStatus } from "./summaries.ts";
import type {
  ContactRequest,
  ContactSummary,
  GossipClientOptions,
  GossipClientStatus,
  GossipEvent,
  GossipLog,
  OutgoingContent,
  RestoreEstimate,
  RestoreReport,
  SentMessage,
} from "./types.ts";

const SILENT: GossipLog = { debug: () => {}, info: () => {}, warn: () => {} };

/**
 * One Gossip identity at work: durable contacts, messages and events over one relay.
 *
 * What is queued or received is on disk before anybody is told, sealed under a key of the identity. Open it, start
 * `run`, read `events`, and mark each event as handled once it is safe elsewhere.
 *
 * @example
 * await using client = await GossipClient.open({ identity, relay, databasePath });
 * const running = client.run({ signal });
 * for await (const event of client.events({ signal })) { …; client.markHandled(event.id); }
 */
export class GossipClient implements AsyncDisposable {
  readonly userId: GossipUserId;
  readonly #context: ClientContext;
  readonly #engine: ClientEngine;
  readonly #displayName: string | undefined;
  readonly #notifier: StatusNotifier;
  readonly #closing = new AbortController();
  #run: Promise<void> | undefined;

  private constructor(
    options: GossipClientOptions,
    context: ClientContext,
    notifier: StatusNotifier,
  ) {
    this.userId = options.identity.userId;
    this.#displayName = options.displayName;
    this.#context = context;
    this.#notifier = notifier;
    this.#engine = new ClientEngine(context, {
      shouldAccept: options.shouldAccept,
      feed: options.feed ?? sharedBulletinFeed(options.relay),
    });
    context.book.listen(() => notifier.notify());
  }

  /**
   * Opens the state of an identity, or makes an empty one. No network.
   *
   * @throws GossipError `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` |
   *   `state_unwritable`. The file is left as it was: nothing is ever replaced.
   */
  static async open(options: GossipClientOptions): Promise<GossipClient> {
    const { identity, relay, databasePath } = options;
    const crypto = options.crypto ?? defaultCrypto();
    const clock = options.clock ?? systemClock;
    const log = options.log ?? SILENT;
    const random = Math.random;
    const notifier = new StatusNotifier(log);
    const onChange = (): void => notifier.notify();
    const store = openStore(databasePath, identity);
    try {
      const sessions = createSessionPort({ identity, crypto });
      const book = await ConversationBook.load({ store, sessions, clock, random });
      const polling = { ...DEFAULT_POLLING, ...options.polling };
      const health = new RelayHealth({ relay, clock, log, onChange });
      const forks = new ForkCounter({ clock, store, log });
      book.listen((outcome) => forks.onStep(outcome));
      const common = { identity, relay, crypto, clock, random, log, polling };
      return new GossipClient(options, { ...common, store, book, health, forks }, notifier);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /**
   * Publishes, scans, polls and sends until the signal aborts or the client is closed; then it resolves, within a
   * second whatever the relay does. Trouble with the relay or a full disk is waited out. One run at a time.
   *
   * @throws GossipError `closed` | `state_unreadable`; anything else is a bug.
   */
  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    this.#assertOpen();
    if (this.#run !== undefined) throw new GossipError("locked", "client: already running");
    this.#run = this.#engine.run(AbortSignal.any([signal, this.#closing.signal]));
    try {
      await this.#run;
    } finally {
      this.#run = undefined;
    }
  }

  /**
   * Every event that was never marked as handled, of earlier runs too, then each new one; in order, each once per
   * iteration. Ends when the signal aborts.
   */
  events({ signal }: { signal: AbortSignal }): AsyncIterable<GossipEvent> {
    this.#assertOpen();
    const { store, book } = this.#context;
    const subscribe = (onEvents: () => void): (() => void) =>
      book.listen(({ events }) => {
        if (events.length > 0) onEvents();
      });
    return streamEvents(store.incoming, subscribe, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** The event is safe elsewhere: its contents are deleted here, and it is not offered again. */
  markHandled(eventId: number): void {
    this.#assertOpen();
    const { store } = this.#context;
    store.transaction(() => store.incoming.remove(eventId));
    this.#notifier.notify();
  }

  /**
   * Queues something for a contact; it goes out when a session is there. Resolves when it is on disk.
   *
   * @param options.messageId - 12 bytes. The same id again is the same message, whatever the content: nothing is sent
   *   twice. Default: a random one.
   * @throws GossipError `unknown_peer` | `no_session` (a request nobody accepted) | `queue_full` | `too_large` |
   *   `malformed` (an id of another length) | `state_unwritable` | `closed`.
   */
  async send(
    peer: GossipUserId,
    content: OutgoingContent,
    options: { messageId?: Uint8Array } = {},
  ): Promise<SentMessage> {
    this.#assertOpen();
    const { book } = this.#context;
    const messageId = Uint8Array.from(options.messageId ?? randomBytes(MESSAGE_ID_BYTES));
    const known = book.statusOf(peer, messageId);
    if (known !== undefined) return { messageId, status: known };
    const conversation = this.#demand(peer);
    if (!conversation.accepted) {
      throw new GossipError("no_session", "client: the contact request was not accepted");
    }
    if (conversation.queue.length >= MAX_QUEUED_MESSAGES) {
      throw new GossipError("queue_full", "client: too many messages wait for this peer");
    }
    if (messageId.length !== MESSAGE_ID_BYTES) {
      throw new GossipError("malformed", `client: message id of ${messageId.length} bytes`);
    }
    const contents = encodeMessageContent(toMessageContent(content, messageId));
    book.step(peer, { type: "send", item: { messageId, contents } });
    if (content.type === "retention") {
      book.step(peer, { type: "set_retention", seconds: content.seconds });
    }
    return { messageId, status: book.statusOf(peer, messageId) ?? "waiting_session" };
  }

  /**
   * Takes a message back that waits for its session: it then counts as failed, and its contents are deleted here.
   *
   * @returns Whether it was taken back; false also for a message that is unknown or on its way.
   * @throws GossipError of the store | `closed`.
   */
  withdraw(peer: GossipUserId, messageId: Uint8Array): boolean {
    this.#assertOpen();
    const { book } = this.#context;
    if (book.statusOf(peer, messageId) !== "waiting_session") return false;
    book.step(peer, { type: "withdraw", messageId });
    return book.statusOf(peer, messageId) === "failed";
  }

  /**
   * Waits until everything was read that this peer had written by now: its events are on disk then. Needs a `run`, and
   * takes as long as the relay is out of reach.
   *
   * @throws GossipError `closed`; the signal's reason when it aborts.
   */
  async catchUp(peer: GossipUserId, { signal }: { signal: AbortSignal }): Promise<void> {
    this.#assertOpen();
    await this.#engine.catchUp(peer, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Where a message of ours is on its way; undefined when it is unknown, or was settled more than a month ago. */
  messageStatus(peer: GossipUserId, messageId: Uint8Array): MessageStatus | undefined {
    this.#assertOpen();
    return this.#context.book.statusOf(peer, messageId);
  }

  /**
   * Waits until a message has come this far or has failed. `delivered` may take as long as the peer is away.
   *
   * @returns `atLeast`, a later status, or `failed`.
   * @throws GossipError `unknown_message` | `closed`; the signal's reason when it aborts.
   */
  async whenStatus(
    peer: GossipUserId,
    messageId: Uint8Array,
    atLeast: "sent" | "delivered",
    { signal }: { signal: AbortSignal },
  ): Promise<MessageStatus> {
    this.#assertOpen();
    const { book } = this.#context;
    return waitForStatus({ book, peer, messageId, atLeast, signal, closing: this.#closing.signal });
  }

  /**
   * Asks somebody to talk, or starts a fresh session with a contact we have. Trusted from the start: it was our wish.
   *
   * @param options.message - At most 500 characters, as the official app shows it.
   * @throws GossipError `unknown_peer` (the relay has no keys for this id) | `identity_mismatch` |
   *   `invalid_public_keys` | those of the relay | `closed`.
   */
  async requestContact(
    peer: GossipUserId,
    options: { message?: string; signal?: AbortSignal } = {},
  ): Promise<void> {
    this.#assertOpen();
    if (peer === this.userId) throw new GossipError("unknown_peer", "client: that is our own id");
    const { book, relay, clock } = this.#context;
    const userData = encodeAnnouncementPayload({
      ...(this.#displayName !== undefined && { username: this.#displayName }),
      ...(options.message !== undefined && { message: options.message }),
    });
    const known = book.get(peer);
    const publicKeys =
      known?.publicKeys ?? (await relay.fetchKeys(peer, { signal: options.signal }));
    this.#assertOpen();
    if (publicKeys === undefined) {
      throw new GossipError("unknown_peer", "client: the relay has no keys for this id");
    }
    const create = createConversation(publicKeys, clock.now());
    book.step(peer, { type: "request", userData }, { create });
  }

  /**
   * Accepts a waiting contact request.
   *
   * @param options.trusted - Default true. False lets the sender talk for a day, see {@link setTrusted}.
   * @throws GossipError `unknown_peer` | `closed`.
   */
  async acceptContact(peer: GossipUserId, options: { trusted?: boolean } = {}): Promise<void> {
    this.#assertOpen();
    this.#demand(peer);
    this.#context.book.step(peer, { type: "accept", trusted: options.trusted ?? true });
  }

  /**
   * Says whether the operator knows this contact. A contact who is not trusted can talk, but is neither kept alive nor
   * renewed, counts towards the 200 such contacts we keep, and is dropped a day after the first request.
   *
   * @throws GossipError `unknown_peer` | `closed`.
   */
  setTrusted(peer: GossipUserId, trusted: boolean): void {
    this.#assertOpen();
    this.#demand(peer);
    this.#context.book.step(peer, { type: "trust", trusted });
  }

  /** Forgets a contact, its session, and everything queued either way. The peer may ask again. */
  async removeContact(peer: GossipUserId): Promise<void> {
    this.#assertOpen();
    this.#context.book.remove(peer);
  }

  contacts(): ContactSummary[] {
    this.#assertOpen();
    const { book, clock } = this.#context;
    return book
      .all()
      .map((each) => summarizeContact(each, book.sessions.status(each.session), clock.now()));
  }

  /** What {@link restoreScan} would download. @throws GossipError of the relay | `closed`. */
  async estimateRestore(options: { signal?: AbortSignal } = {}): Promise<RestoreEstimate> {
    this.#assertOpen();
    return estimateRestoreScan(this.#context, options.signal);
  }

  /**
   * For an account that has nothing left but its words: reads the whole bulletin, and announces us to those who once
   * announced themselves and are still wanted. They need do nothing; both directions work again once `run` has posted
   * the announcements. Those reconnected are trusted.
   *
   * @throws GossipError of the relay | `closed`. What was reconnected before stays.
   */
  async restoreScan(options: {
    shouldReconnect: (request: ContactRequest) => boolean | Promise<boolean>;
    signal?: AbortSignal;
  }): Promise<RestoreReport> {
    this.#assertOpen();
    const { shouldReconnect, signal } = options;
    const signals = [this.#closing.signal, ...(signal ? [signal] : [])];
    return runRestoreScan(this.#context, { shouldReconnect, signal: AbortSignal.any(signals) });
  }

  status(): GossipClientStatus {
    this.#assertOpen();
    return summarizeStatus(this.#context);
  }

  /** Called when {@link status} may have changed, many times a second when there is much to do; not after the close. */
  onStatusChange(listener: () => void): () => void {
    return this.#notifier.listen(listener);
  }

  /** Ends the run and closes the state. Safe to call again. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new GossipError("closed", "client: closed"));
    // Its own caller hears how the run ended.
    await this.#run?.catch(() => undefined);
    this.#notifier.close();
    this.#context.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #demand(peer: GossipUserId): NonNullable<ReturnType<ConversationBook["get"]>> {
    const conversation = this.#context.book.get(peer);
    if (conversation === undefined)
      throw new GossipError("unknown_peer", "client: no such contact");
    return conversation;
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new GossipError("closed", "client: closed");
  }
}
