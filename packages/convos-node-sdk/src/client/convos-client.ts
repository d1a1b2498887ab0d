import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { StatusNotifier } from "sdk-kit";
import { encodeProfileUpdate } from "../content/profile-update.ts";
import { encodeThinking, type Thinking } from "../content/thinking.ts";
import { encodeTypingIndicator } from "../content/typing-indicator.ts";
import { emojiForConversation } from "../emoji/conversation-emoji.ts";
import { ConvosError } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import { decodeInvite } from "../invite/invite.ts";
import { inviteId } from "../join/admission.ts";
import { createOwnTag } from "../metadata/own-tag.ts";
import { readContent } from "../receive/read-content.ts";
import { encodeOutgoing } from "../send/encode-outgoing.ts";
import { isOver } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { XmtpConversation } from "../xmtp/port.ts";
import { openStore } from "../store/convos-store.ts";
import type { ClientContext } from "./client-context.ts";
import type { ConversationWorker } from "./conversation-worker.ts";
import { createContext } from "./create-context.ts";
import { explodeConversation } from "./explosion.ts";
import { createOwnInvite } from "./own-invite.ts";
import { assertOwnerKey } from "./owner-key.ts";
import { verifyInvite } from "./verify-invite.ts";
import { Engine } from "./engine.ts";
import { streamEvents } from "./event-stream.ts";
import { isTagRevoked, rotateTag, writeMetadata } from "./group-changes.ts";
import { NewConversations } from "./new-conversations.ts";
import { scanForConversations } from "./restore.ts";
import {
  summarizeConversation,
  summarizeJoin,
  summarizeOffers,
  summarizeStatus,
} from "./summaries.ts";
import { summarizeMembers, summarizePair } from "./summarize-members.ts";
import { demandJoin, whenJoined } from "./when-joined.ts";
import type {
  ConversationSummary,
  ConvosClientOptions,
  ConvosClientStatus,
  ConvosEvent,
  ConvosLog,
  InviteOptions,
  JoinOptions,
  Member,
  MessageStatus,
  NewConversation,
  OutgoingContent,
  PendingJoin,
  RestoreOffer,
  RestoreReport,
} from "./types.ts";

const SILENT: ConvosLog = { debug: () => {}, info: () => {}, warn: () => {} };
/** Settled messages are forgotten after a month. */
const KEEP_SETTLED_MS = 31 * 24 * 3_600_000;

/**
 * One account at work: durable conversations, joins, messages and events over XMTP, each conversation with a key, an
 * inbox and a database of its own.
 *
 * What is queued or received is on disk before anybody is told, sealed under a key of the root. Open it, start `run`, read
 * `events`, and mark each event as handled once it is safe elsewhere.
 *
 * @example
 * await using client = await ConvosClient.open({ folder, root, env: "production" });
 * const running = client.run({ signal });
 * for await (const event of client.events({ signal })) { …; client.markHandled(event.id); }
 */
export class ConvosClient implements AsyncDisposable {
  readonly #context: ClientContext;
  readonly #engine: Engine;
  readonly #notifier: StatusNotifier;
  readonly #ownerKey: ConvosKey | undefined;
  readonly #closing = new AbortController();
  readonly #newConversations: NewConversations;
  #run: Promise<void> | undefined;

  private constructor(
    context: ClientContext,
    notifier: StatusNotifier,
    ownerKey: ConvosKey | undefined,
  ) {
    this.#context = context;
    this.#notifier = notifier;
    this.#ownerKey = ownerKey;
    this.#engine = new Engine(context);
    this.#newConversations = new NewConversations(context, () => this.#assertOpen());
  }

  /**
   * Opens the state of an account, or makes an empty one. No network.
   *
   * @throws ConvosError `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` |
   *   `state_unwritable` | `owner_key_mismatch` (a conversation has the inbox of another `ownerKey`, or there is none any
   *   more). What is there is left as it was: nothing is ever replaced.
   */
  static async open(options: ConvosClientOptions): Promise<ConvosClient> {
    const { folder, root, ownerKey } = options;
    const log = options.log ?? SILENT;
    const notifier = new StatusNotifier(log);
    const store = openStore(path.join(folder, "convos.sqlite"), root);
    try {
      mkdirSync(path.join(folder, "inboxes"), { recursive: true, mode: 0o700 });
      const notify = (): void => notifier.notify();
      const context = createContext(options, store, { log, notify });
      assertOwnerKey(context.book, ownerKey);
      context.book.listen(notify);
      store.transaction(() => store.outgoing.pruneSettled(context.clock.now() - KEEP_SETTLED_MS));
      return new ConvosClient(context, notifier, ownerKey);
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /**
   * Streams, reconciles, joins, admits and sends until the signal aborts or the client is closed; then it resolves. A
   * network that cannot be reached is waited for. One run at a time.
   *
   * @throws ConvosError `closed` | `locked` (already running) | `native_unavailable` | `state_unreadable`.
   */
  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    this.#assertOpen();
    if (this.#run !== undefined) throw new ConvosError("locked", "client: already running");
    this.#run = this.#engine.run(AbortSignal.any([signal, this.#closing.signal]));
    try {
      await this.#run;
    } finally {
      this.#run = undefined;
    }
  }

  /**
   * Every event that was never marked as handled, of earlier runs too, then each new one; in order per conversation, each
   * once per iteration. Ends when the signal aborts.
   */
  events({ signal }: { signal: AbortSignal }): AsyncIterable<ConvosEvent> {
    this.#assertOpen();
    const { store, book } = this.#context;
    const subscribe = (onEvents: () => void): (() => void) =>
      book.listen((hasEvents) => {
        if (hasEvents) onEvents();
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

  /** Those with a group, ended ones too. */
  conversations(): ConversationSummary[] {
    this.#assertOpen();
    return this.#context.book.all().flatMap(({ record }) => summarizeConversation(record) ?? []);
  }

  /** The id of every conversation that there ever was, of either kind and whatever became of it. */
  knownConversationIds(): string[] {
    this.#assertOpen();
    return [...new Set(this.#context.book.all().flatMap(({ record }) => record.groupId ?? []))];
  }

  /** Who is in a conversation, as of the last sync. @throws ConvosError `unknown_conversation` | `not_allowed`. */
  async members(conversationId: string): Promise<Member[]> {
    const { inboxId, peerInboxId, via } = this.#demandRow(conversationId).record;
    if (via !== undefined) return summarizePair(inboxId, peerInboxId);
    return summarizeMembers(await this.#demand(conversationId).openGroup());
  }

  /**
   * Makes a conversation with a key of its own, and us alone in it. Needs the network. If it rejects, there is none; if the
   * process ends meanwhile, a later `run` finishes it.
   *
   * @throws ConvosError `network_unreachable` | `not_allowed` (the owner key already serves a conversation) | `key_in_use`
   *   (the owner key has installations elsewhere, see {@link NewConversation.mayAddInstallation}).
   */
  async createConversation(options: NewConversation = {}): Promise<ConversationSummary> {
    this.#assertOpen();
    const row = await this.#newConversations.write(options, (key) => {
      const tag = createOwnTag(key);
      return {
        phase: "creating",
        isCreator: true,
        tag,
        name: options.name ?? "",
        description: options.description ?? "",
        emoji: options.emoji ?? emojiForConversation(tag),
        adminOnly: options.permissions === "admins",
        memberCount: 1,
      };
    });
    const worker = this.#engine.add(row);
    try {
      await worker.create();
    } catch (error) {
      if (!this.#closing.signal.aborted) await worker.cancel();
      throw error;
    }
    return this.#summary(worker);
  }

  /**
   * Makes an invite to a conversation that we created. Whoever has it can ask to join.
   *
   * @returns Its `id` says nothing of the link, see {@link isInviteUsed}.
   * @throws ConvosError `unknown_conversation` | `not_allowed` (not ours) | `network_unreachable`.
   */
  async createInvite(
    conversationId: string,
    options: InviteOptions = {},
  ): Promise<{ url: string; slug: string; id: string }> {
    const worker = this.#demandCreated(conversationId);
    const group = await worker.openGroup();
    if (isTagRevoked(this.#context, worker.id, group)) {
      await rotateTag(this.#context, worker, group);
    }
    const network = this.#context.env;
    const { slug, url } = createOwnInvite(group, { key: worker.key, network }, options);
    return { url, slug, id: inviteId(decodeInvite(slug)) };
  }

  /** Whether somebody got in by a single-use invite of ours: it lets nobody else in. Says no once the conversation is over. */
  isInviteUsed(conversationId: string, id: string): boolean {
    this.#assertOpen();
    const row = this.#context.book.findGroup(conversationId);
    if (row === undefined) return false;
    const { ledger } = this.#context.store;
    return ledger.find(row.id, "let in by single-use invite", id) !== undefined;
  }

  /** Ends every invite made so far, by a new tag. @throws ConvosError as above. */
  async revokeInvites(conversationId: string): Promise<void> {
    const worker = this.#demandCreated(conversationId);
    await rotateTag(this.#context, worker, await worker.openGroup());
  }

  /**
   * Asks to join by an invite: link or slug, in every form that the apps give out. It is verified, written down, and then
   * requested by `run`, now or after a restart.
   *
   * @throws ConvosError `invalid_invite` | `wrong_link` | `foreign_network` | `invite_expired` | `invite_forged` |
   *   `own_invite` | `already_joined` | `key_in_use` (of the owner key, see {@link JoinOptions.mayAddInstallation}) |
   *   `network_unreachable`. Nothing was written down then.
   */
  async join(inviteText: string, options: JoinOptions = {}): Promise<PendingJoin> {
    this.#assertOpen();
    const { slug, invite } = await verifyInvite(this.#context, inviteText);
    const { creatorInboxId, tag, name } = invite.payload;
    this.#assertOpen();
    const profileName = options.profile?.name ?? this.#context.profileName;
    const row = await this.#newConversations.write(options, () => ({
      phase: "joining",
      isCreator: false,
      tag,
      ...(name !== undefined && { name }),
      memberCount: 0,
      request: {
        joinId: randomUUID(),
        slug,
        creatorInboxId,
        requestedAtMs: this.#context.clock.now(),
        textSent: false,
        ...(profileName !== undefined && { profileName }),
      },
    }));
    this.#engine.add(row);
    return demandJoin(row.record);
  }

  /** Joins that the creator has not answered. */
  pendingJoins(): PendingJoin[] {
    return this.#joins("pending");
  }

  /** Joins that the creator has refused, whenever that was. */
  refusedJoins(): PendingJoin[] {
    return this.#joins("refused");
  }

  /** Waits no longer. If the creator lets us in later, we are not there. @throws ConvosError `unknown_join`. */
  async cancelJoin(joinId: string): Promise<void> {
    const row = this.#demandJoinRow(joinId);
    if (row.record.phase === "joining") await this.#engine.worker(row.id).cancel();
  }

  /**
   * Waits until the creator lets us in.
   *
   * @throws ConvosError `unknown_join` | `join_refused` (the creator's error is its message) | `closed`; the signal's
   *   reason when it aborts.
   */
  async whenJoined(
    joinId: string,
    { signal }: { signal: AbortSignal },
  ): Promise<ConversationSummary> {
    this.#assertOpen();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return whenJoined(this.#context.book, joinId, either);
  }

  /**
   * Queues a message. Resolves when it is on disk; it goes out when the network is there.
   *
   * @param options.key - The same key again is the same message, whatever the content: nothing is sent twice.
   * @throws ConvosError `unknown_conversation` | `not_allowed` (it is over) | `too_large` | `queue_full` |
   *   `invalid_input` | `state_unwritable` | `closed`.
   */
  async send(
    conversationId: string,
    content: OutgoingContent,
    { key }: { key: string },
  ): Promise<void> {
    this.#demandChat(conversationId).outbox.add(encodeOutgoing(content), `m:${key}`);
  }

  /** Waits until a message is with the network. @throws ConvosError `unknown_message` | `not_allowed` (it failed). */
  async whenSent(
    conversationId: string,
    key: string,
    { signal }: { signal: AbortSignal },
  ): Promise<{ messageId: string }> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return this.#demandChat(conversationId).outbox.whenSent(`m:${key}`, either);
  }

  /** Where a message is on its way; undefined when it is unknown, or was settled more than a month ago. */
  messageStatus(
    conversationId: string,
    key: string,
  ): { status: MessageStatus; messageId: string | undefined } | undefined {
    return this.#demandChat(conversationId).outbox.status(`m:${key}`);
  }

  /** Whether a message of a conversation is one of ours, e.g. what a reply answers; known for a month. */
  isOurs(conversationId: string, messageId: string): boolean {
    return this.#demandChat(conversationId).outbox.isOurs(messageId);
  }

  /** Whether somebody else sent a message in a conversation, e.g. what we react to; known for a day at least. */
  hasReceived(conversationId: string, messageId: string): boolean {
    const { id } = this.#demandRow(conversationId);
    return this.#context.store.seen.has(id, messageId);
  }

  /**
   * The bytes of an inline file that somebody sent in a conversation, as long as XMTP's database has it; undefined for a
   * message that is none.
   *
   * @throws ConvosError `unknown_conversation` | `not_allowed` (it is over) | `network_unreachable`.
   */
  async readAttachment(conversationId: string, messageId: string): Promise<Uint8Array | undefined> {
    const { id, record } = this.#demandRow(conversationId);
    // An id of another conversation means nothing here.
    if (!this.#context.store.seen.has(id, messageId)) return undefined;
    const inbox = await this.#engine.worker(record.via ?? id).openInbox();
    const message = inbox.message(messageId);
    const content = message === undefined ? undefined : readContent(message);
    return content?.type === "attachment" ? content.bytes : undefined;
  }

  /** Takes back a message that has not been handed to XMTP. @returns Whether it was. */
  withdraw(conversationId: string, key: string): boolean {
    return this.#demandChat(conversationId).outbox.withdraw(`m:${key}`);
  }

  /** Shows or hides that we type. Best effort, never stored with us: without a network nothing happens. */
  async setTyping(conversationId: string, isTyping: boolean): Promise<void> {
    await this.#signalMembers(conversationId, encodeTypingIndicator({ isTyping }));
  }

  /** Shows that we work on an answer: always a start, then a stop. Best effort, as above. */
  async setThinking(conversationId: string, thinking: Thinking): Promise<void> {
    await this.#signalMembers(conversationId, encodeThinking(thinking));
  }

  /** @throws ConvosError `unknown_conversation` | `not_allowed` | `network_unreachable`. */
  async updateConversation(
    conversationId: string,
    change: { name?: string; description?: string; emoji?: string },
  ): Promise<void> {
    const worker = this.#demand(conversationId);
    const group = await worker.openGroup();
    const { name, description, emoji } = change;
    await worker.commits.run(async () => {
      if (name !== undefined) await group.updateName(name);
      if (description !== undefined) await group.updateDescription(description);
      if (emoji !== undefined) await writeMetadata(group, { emoji });
    });
    this.#context.book.step((step) => step.update(worker.id, change));
  }

  /** How we show ourselves in one conversation, in place of what was before. */
  async updateProfile(conversationId: string, profile: { name?: string }): Promise<void> {
    const content = encodeProfileUpdate({ ...profile, memberKind: "agent" });
    this.#demand(conversationId).outbox.add(content, `profile:${randomUUID()}`);
  }

  /** Lets nobody in any more: old invites end, and no member can add anybody (section 1.14). */
  async lock(conversationId: string): Promise<void> {
    const worker = this.#demandCreated(conversationId);
    const group = await worker.openGroup();
    // First: metadata that a member made unreadable must not keep the door open.
    await worker.commits.run(() => group.setAddingAllowed(false));
    await this.revokeInvites(conversationId);
  }

  /** Takes a lock off. Invites from before stay dead. */
  async unlock(conversationId: string): Promise<void> {
    const worker = this.#demand(conversationId);
    const group = await worker.openGroup();
    await worker.commits.run(() => group.setAddingAllowed(true));
  }

  /**
   * Ends the conversation for everybody, now or at a time, and deletes it here once it has ended (section 1.14). Only for
   * those who may.
   *
   * @throws ConvosError `unknown_conversation` | `not_allowed` | `network_unreachable`.
   */
  async explode(conversationId: string, options: { atMs?: number } = {}): Promise<void> {
    await explodeConversation(this.#context, this.#demand(conversationId), options.atMs);
  }

  /** Leaves a conversation: its members are asked to take us out, and we are gone at once. */
  async leave(conversationId: string): Promise<void> {
    const worker = this.#demand(conversationId);
    const group = await worker.openGroup();
    // Alone, there is nobody to ask.
    if ((await group.members()).length > 1) await group.leave();
    await worker.end("left");
  }

  /** @throws ConvosError `unknown_conversation` | `not_allowed` | `network_unreachable`. */
  async removeMembers(conversationId: string, inboxIds: readonly string[]): Promise<void> {
    const worker = this.#demand(conversationId);
    const group = await worker.openGroup();
    await worker.commits.run(() => group.removeMembers(inboxIds));
    worker.reconcileSoon();
  }

  /**
   * For an account that has nothing left but its words: looks for keys of the root that were in use, and opens them again.
   * Each becomes one more installation of its inbox, and its conversation comes back once another member sends something:
   * one that we made by itself, any other as an offer, see {@link restoreOffers}.
   *
   * @throws ConvosError `network_unreachable`. What was found before stays.
   */
  async restoreScan({ signal }: { signal: AbortSignal }): Promise<RestoreReport> {
    this.#assertOpen();
    return scanForConversations(this.#context, this.#engine, {
      hasOwnerKey: this.#ownerKey !== undefined,
      signal: AbortSignal.any([signal, this.#closing.signal]),
    });
  }

  /**
   * Groups that came up after a restore and may be lost conversations of ours, or a stranger's: nothing in them is read or
   * answered. Ask somebody who knows, then {@link confirmRestore} or {@link refuseRestore}. At most a few per member who
   * put us into them; others come up when these are refused.
   */
  restoreOffers(): RestoreOffer[] {
    this.#assertOpen();
    return this.#context.book.all().flatMap(({ record }) => summarizeOffers(record));
  }

  /** An offered group is the lost conversation: it is ours again, and the other offers of its inbox are refused. @throws ConvosError `unknown_conversation`. */
  async confirmRestore(conversationId: string): Promise<ConversationSummary> {
    const worker = this.#demandOffer(conversationId);
    await worker.settleOffer(conversationId, "ours");
    return this.#summary(worker);
  }

  /** An offered group is none of ours. @throws ConvosError `unknown_conversation`. */
  async refuseRestore(conversationId: string): Promise<void> {
    await this.#demandOffer(conversationId).settleOffer(conversationId, "foreign");
  }

  status(): ConvosClientStatus {
    this.#assertOpen();
    return summarizeStatus(this.#context, this.#engine.workers());
  }

  /** Called when {@link status} may have changed, many times a second when there is much to do; not after the close. */
  onStatusChange(listener: () => void): () => void {
    return this.#notifier.listen(listener);
  }

  /** Ends the run and closes the inboxes and the state. Safe to call again. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new ConvosError("closed", "client: closed"));
    // Its own caller hears how the run ended.
    await this.#run?.catch(() => undefined);
    await this.#engine.close();
    this.#notifier.close();
    this.#context.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #signalMembers(
    conversationId: string,
    content: Parameters<ConversationWorker["outbox"]["add"]>[0],
  ): Promise<void> {
    const chat = this.#demandChat(conversationId);
    if (!chat.isConnected) return;
    try {
      const conversation = await chat.open();
      await conversation.publish(conversation.prepare(content, randomUUID()));
    } catch (error) {
      if (!(error instanceof ConvosError)) throw error;
      this.#context.log.debug(`a typing or thinking sign was not sent: ${error.code}`);
    }
  }

  #joins(wanted: PendingJoin["state"]): PendingJoin[] {
    this.#assertOpen();
    return this.#context.book
      .all()
      .flatMap(({ record }) => summarizeJoin(record) ?? [])
      .filter(({ state }) => state === wanted);
  }

  #summary(worker: ConversationWorker): ConversationSummary {
    const summary = summarizeConversation(worker.record);
    if (summary === undefined) throw new TypeError("a conversation that was made has no group");
    return summary;
  }

  #demandRow(conversationId: string): ConversationRow {
    this.#assertOpen();
    const row = this.#context.book.findGroup(conversationId);
    if (row === undefined) throw new ConvosError("unknown_conversation", "no such conversation");
    if (isOver(row.record)) throw new ConvosError("not_allowed", "the conversation is over");
    return row;
  }

  #demand(conversationId: string): ConversationWorker {
    const { id, record } = this.#demandRow(conversationId);
    if (record.via === undefined) return this.#engine.worker(id);
    throw new ConvosError("not_allowed", "a direct conversation has no group");
  }

  /** A conversation of either kind, as far as messages go. */
  #demandChat(conversationId: string): Chat {
    const { id, record } = this.#demandRow(conversationId);
    const worker = this.#engine.worker(record.via ?? id);
    const { isConnected, outbox } = worker;
    if (record.via === undefined) return { outbox, isConnected, open: () => worker.openGroup() };
    const direct = worker.directs.find(id);
    if (direct === undefined) {
      throw new ConvosError("unknown_conversation", "no such direct conversation");
    }
    return { outbox: direct.outbox, isConnected, open: () => worker.directs.open(direct) };
  }

  #demandCreated(conversationId: string): ConversationWorker {
    const worker = this.#demand(conversationId);
    if (worker.record.isCreator) return worker;
    throw new ConvosError("not_allowed", "only the one who made a conversation can invite to it");
  }

  #demandOffer(conversationId: string): ConversationWorker {
    this.#assertOpen();
    const row = this.#context.book
      .all()
      .find(({ record }) =>
        summarizeOffers(record).some((offer) => offer.conversationId === conversationId),
      );
    if (row !== undefined) return this.#engine.worker(row.id);
    throw new ConvosError("unknown_conversation", "no such group waits for an answer");
  }

  #demandJoinRow(joinId: string): ConversationRow {
    this.#assertOpen();
    const row = this.#context.book.findJoin(joinId);
    if (row === undefined) throw new ConvosError("unknown_join", "no such join");
    return row;
  }

  #assertOpen(): void {
    if (this.#closing.signal.aborted) throw new ConvosError("closed", "client: closed");
  }
}

interface Chat {
  readonly outbox: ConversationWorker["outbox"];
  readonly isConnected: boolean;
  open(): Promise<XmtpConversation>;
}
