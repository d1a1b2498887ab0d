import { Alarm, runTasks } from "sdk-kit";
import type { ContentTypeId } from "../content/content-parts.ts";
import { encodeProfileSnapshot } from "../content/profile-snapshot.ts";
import { encodeProfileUpdate } from "../content/profile-update.ts";
import { ConvosError, type ConvosErrorCode } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import { Admission } from "../join/admission.ts";
import { Joiner, leaveForeign } from "../join/joiner.ts";
import type { ReceivedJoinRequest } from "../join/read-join-request.ts";
import { encodeMetadata } from "../metadata/conversation-metadata.ts";
import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import { Serial } from "../pacing/serial.ts";
import { introduceMembers } from "../profile/introduce-members.ts";
import { loadMemberProfiles } from "../receive/member-profiles.ts";
import {
  GROUP_RULES,
  isHeardFromStrangers,
  listAdmins,
  MessageReader,
} from "../receive/message-reader.ts";
import { Outbox } from "../send/outbox.ts";
import { type ConversationRecord, isOver } from "../store/conversation-record.ts";
import type { ConversationRow } from "../store/conversations-table.ts";
import type { XmtpGroup, XmtpInbox } from "../xmtp/port.ts";
import { BackgroundSync } from "./background-sync.ts";
import type { ClientContext } from "./client-context.ts";
import { ConversationInbox } from "./conversation-inbox.ts";
import { DirectDesk } from "./direct-desk.ts";
import { rotateTag } from "./group-changes.ts";
import { Restorer } from "./restorer.ts";
import { Renewal } from "./renewal.ts";
import { differsFrom, readShownFacts } from "./shown-facts.ts";
import { isStuckError } from "./summaries.ts";
import { wipeConversation } from "./wipe-conversation.ts";

/** After these there is nothing to wait for: whoever runs the client has to know. */
const FATAL: ReadonlySet<ConvosErrorCode> = new Set([
  "native_unavailable",
  "state_newer",
  "state_unreadable",
  "wrong_key",
]);

/**
 * Strangers decide how much there is to look through, and XMTP's library looks through all of it each time. So many times
 * as long as that took, the conversation has for itself.
 */
const STRANGERS_PAUSE_RATIO = 4;

/** How seldom it is asked whether a conversation is out of sync. */
const RECONCILES_PER_COMPARE = 5;

/**
 * One conversation at work: its inbox, its stream, its reading and its sending. Conversations have nothing in common but
 * the account's database, so that one which is stuck holds up no other.
 */
export class ConversationWorker {
  readonly id: number;
  readonly outbox: Outbox;
  /** What changes the group goes one after the other: two commits at once would cost one of them a retry. */
  readonly commits = new Serial();
  readonly directs: DirectDesk;
  readonly #context: ClientContext;
  readonly #key: ConvosKey;
  readonly #inbox: ConversationInbox;
  readonly #reader: MessageReader<XmtpGroup>;
  readonly #admission: Admission;
  readonly #joiner: Joiner;
  readonly #restorer: Restorer;
  readonly #renewal: Renewal;
  readonly #alarm = new Alarm();
  /** Ends the pause after a failure. */
  readonly #retryAlarm = new Alarm();
  /** Direct conversations in which something arrived. */
  readonly #hints = new Set<string>();
  #isConnected = false;
  #lastError: ConvosErrorCode | undefined;
  #installations = 0;
  #isOutOfSync = false;
  #nextReconcileMs = 0;
  #nextCompareMs = 0;
  #nextLookMs = 0;
  #wasLookedAt = false;
  #strangersNotBeforeMs = 0;
  #hasMoreRequests = false;
  /** Whether the stream, or our own publishing, has had reason to bring news since the last thorough look. */
  #wasTold = true;
  /** Requests to join that changed the group. */
  #ownCommits = 0;

  constructor(context: ClientContext, { id, keyIndex }: ConversationRow) {
    this.id = id;
    this.#context = context;
    this.#key = context.keyAt(keyIndex);
    this.#inbox = new ConversationInbox({
      context,
      key: this.#key,
      keyIndex,
      // What is at work has a database. Before that the key was looked up, or somebody allowed it.
      mayAddInstallation: () => this.record.phase !== "active",
      onBroken: () => this.#alarm.ring(),
    });
    // Publishing reads from the network too, and the stream does not always tell of what was read beside it.
    this.outbox = new Outbox(context, id, () => {
      this.#wasTold = true;
      this.#alarm.ring();
    });
    this.#reader = new MessageReader(context, id, GROUP_RULES);
    this.directs = new DirectDesk(context, id, {
      open: async (peerInboxId) =>
        this.#inbox.watchWrites(await (await this.openInbox()).openDirect(peerInboxId)),
      onPublished: (conversationId) => this.#lookAt(conversationId),
    });
    this.#joiner = new Joiner(context, id);
    this.#restorer = new Restorer({
      context,
      conversation: id,
      key: this.#key,
      adopt: (group) => this.#adopt(group),
    });
    this.#renewal = new Renewal({
      context,
      conversation: id,
      inbox: this.#inbox,
      reader: this.#reader,
      directs: this.directs,
      abandon: (chat, beforeMs) =>
        (this.directs.find(chat) ?? this).outbox.abandon({ queuedBeforeMs: beforeMs }),
    });
    this.#admission = new Admission({
      context,
      conversation: id,
      key: this.#key,
      commits: this.commits,
      welcome: (request, joiner) => this.#welcome(request, joiner),
      revokeInvites: () => this.#revokeFlooded(),
    });
  }

  get record(): ConversationRecord {
    return this.#context.book.get(this.id).record;
  }

  get key(): ConvosKey {
    return this.#key;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get lastError(): ConvosErrorCode | undefined {
    return this.#lastError;
  }

  /** As of the last look, see {@link XmtpGroup.isOutOfSync}. */
  get isOutOfSync(): boolean {
    return this.#isOutOfSync;
  }

  get installations(): number {
    return this.#installations;
  }

  /** Something came that could not be stored or read. Not at once: somebody may send such things one after the other. */
  #reconcileWithin(ms: number): void {
    this.#nextReconcileMs = Math.min(this.#nextReconcileMs, this.#context.clock.now() + ms);
  }

  /** Looks at the network at once, instead of at the next interval. */
  reconcileSoon(): void {
    this.#nextReconcileMs = 0;
    this.#alarm.ring();
    this.#retryAlarm.ring();
  }

  /** The inbox, opened when it is not. @throws ConvosError see {@link ConversationInbox.open}. */
  openInbox(): Promise<XmtpInbox> {
    return this.#inbox.open();
  }

  /** @throws ConvosError `unknown_conversation` while there is no group, `not_allowed` once it is over, and as above. */
  async openGroup(): Promise<XmtpGroup> {
    if (isOver(this.record)) throw new ConvosError("not_allowed", "the conversation is over");
    const { groupId } = this.record;
    const group = groupId === undefined ? undefined : (await this.openInbox()).group(groupId);
    if (group === undefined) throw new ConvosError("unknown_conversation", "no such conversation");
    return group;
  }

  /** Works until the signal aborts or the conversation is over. Rejects for a lost store only. */
  async run(signal: AbortSignal): Promise<void> {
    // Calls that wait for a network which is gone would take a quarter of a minute to end; closing ends them at once.
    const release = (): void => void this.#inbox.release();
    signal.addEventListener("abort", release, { once: true });
    try {
      await runTasks(signal, [
        (each) => this.#supervise(each),
        (each) =>
          this.outbox.run(async () => this.#inbox.watchWrites(await this.openGroup()), each),
        (each) => this.directs.run(each),
      ]);
    } finally {
      signal.removeEventListener("abort", release);
    }
  }

  /** Makes the group of a conversation that is being created, if nobody has. */
  async create(): Promise<void> {
    const inbox = await this.openInbox();
    await this.commits.run(() => this.#createGroup(inbox));
  }

  /** After a restore: an offered group is the lost conversation, or is none of ours. @throws ConvosError as above. */
  async settleOffer(groupId: string, verdict: "ours" | "foreign"): Promise<void> {
    const inbox = await this.openInbox();
    await this.commits.run(() => this.#restorer.settle(inbox, groupId, verdict));
  }

  /** Gives up what never became a conversation. */
  async cancel(): Promise<void> {
    this.#context.book.step((step) => step.update(this.id, { phase: "cancelled" }));
    await this.close();
  }

  /** Ends everything and closes the inbox. */
  async close(): Promise<void> {
    this.#setConnected(false);
    await this.#inbox.close();
  }

  /** The conversation is over: what is left of it on this disk is deleted. */
  async end(how: "removed" | "left" | "exploded"): Promise<void> {
    const { book, log } = this.#context;
    if (isOver(this.record)) return;
    // Nobody can be reached by an inbox that is closed.
    const chats = [...this.directs.all(), this];
    book.step((step) => {
      for (const { id } of chats) {
        wipeConversation(step, id);
        step.update(id, { phase: how });
        step.addEvent(id, { type: "ended", how });
      }
    });
    for (const { outbox } of chats) outbox.abandon();
    log.info(`a conversation is over: ${how}`);
    await this.close();
    this.#inbox.deleteDatabase();
  }

  /** Whether XMTP's database of this conversation is there. */
  hasDatabase(): boolean {
    return this.#inbox.hasDatabase();
  }

  async #supervise(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted && !isOver(this.record)) {
      try {
        const reason = await this.#live(signal);
        failures = 0;
        if (reason === "unheard") continue;
      } catch (error) {
        if (signal.aborted || isOver(this.record)) break;
        if (!(error instanceof ConvosError) || FATAL.has(error.code)) throw error;
        if (failures === 0) this.#context.log.warn(`a conversation is cut off: ${error.code}`);
        failures += 1;
        this.#lastError = error.code;
        this.#context.notify();
        if (error.code === "state_unwritable" || this.#inbox.isBroken) await this.#inbox.release();
      }
      this.#setConnected(false);
      if (!isOver(this.record)) await this.#pause(failures, signal);
    }
    this.#setConnected(false);
  }

  /** Short at first, so that a short cut is over soon; longer when it lasts; never the same for all conversations. */
  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const { timing, random } = this.#context;
    if (isStuckError(this.#lastError)) {
      await this.#retryAlarm.sleep(timing.stuckRetryMs * (0.75 + random() / 4), signal);
      return;
    }
    const longestMs = Math.min(timing.retryMinMs * (1 + failures), timing.retryMaxMs);
    const spanMs = Math.max(longestMs - timing.retryMinMs, 0);
    await new Alarm().sleep(timing.retryMinMs + random() * spanMs, signal);
  }

  /**
   * From the opening of a stream to its end.
   *
   * @returns `"unheard"` when something came of which the stream had not told: another stream is to take its place.
   */
  async #live(signal: AbortSignal): Promise<"unheard" | undefined> {
    await this.#renewal.finish();
    const inbox = await this.openInbox();
    // Before anything is fetched: XMTP's library passes over our own messages without a word.
    if (!this.#wasLookedAt && (await this.#renewal.begin(inbox, signal))) return undefined;
    this.#wasLookedAt = true;
    const stream = { hasEnded: false };
    // What came before the stream was open, it need not tell.
    this.#wasTold = true;
    const watch = await inbox.watch({
      onMessage: (conversationId, type) => {
        if (["", this.record.groupId].includes(conversationId)) this.#wasTold = true;
        if (conversationId === "") this.#reconcileWithin(this.#context.timing.retryMaxMs);
        if (this.#isWorthALook(conversationId, type)) this.#lookAt(conversationId);
      },
      onEnd: () => {
        stream.hasEnded = true;
        this.#alarm.ring();
      },
    });
    try {
      const sync = new BackgroundSync(
        () => inbox.sync(),
        () => this.#alarm.ring(),
      );
      // A slow node must not hold up what the stream brings.
      const look = new BackgroundSync(
        () => this.#lookAgain(inbox, signal),
        () => this.#alarm.ring(),
      );
      sync.begin();
      while (!signal.aborted && !stream.hasEnded && !isOver(this.record)) {
        if (this.record.renewal !== undefined) return undefined;
        this.#inbox.assertUsable();
        const thorough = sync.takeDone();
        look.takeDone();
        if (thorough && this.#isLookDue()) look.begin();
        const hasNews = await this.#work(inbox, thorough);
        if (thorough) {
          await this.#onReconciled(inbox);
          if (hasNews && !this.#wasTold) {
            // It may have lost this conversation for good, and all that is said would come at the next look only.
            this.#context.log.debug("a stream did not tell of something: another takes its place");
            return "unheard";
          }
          this.#wasTold = false;
        } else if (this.#context.clock.now() >= this.#nextReconcileMs) sync.begin();
        await this.#alarm.sleep(this.#sleepMs(sync.isRunning), signal);
      }
      if (stream.hasEnded) {
        throw new ConvosError("network_unreachable", "the stream has ended");
      }
      return undefined;
    } finally {
      await watch.end();
    }
  }

  /** Whether it is time to look again if somebody went on from our state. */
  #isLookDue(): boolean {
    const { clock, timing } = this.#context;
    if (clock.now() < this.#nextLookMs) return false;
    this.#nextLookMs = clock.now() + timing.newerStateMs;
    return true;
  }

  async #lookAgain(inbox: XmtpInbox, signal: AbortSignal): Promise<void> {
    try {
      await this.#renewal.begin(inbox, signal);
    } catch (error) {
      if (!(error instanceof ConvosError)) throw error;
      // The next look will do.
      this.#context.log.debug(`the age of a state was not looked at: ${error.code}`);
    }
  }

  /** Strangers may send any amount of bookkeeping, and to look at it costs more than to receive it. */
  #isWorthALook(conversationId: string, type: ContentTypeId | undefined): boolean {
    const { phase, groupId } = this.record;
    if (phase !== "active" || conversationId === groupId || type === undefined) return true;
    return isHeardFromStrangers(type);
  }

  /** Something may have come in this conversation of the inbox. */
  #lookAt(conversationId: string): void {
    this.#hints.add(conversationId);
    this.#alarm.ring();
  }

  async #onReconciled(inbox: XmtpInbox): Promise<void> {
    const { clock, timing, random } = this.#context;
    const { phase } = this.record;
    const intervalMs = phase === "joining" ? timing.joinPollMs : timing.reconcileMs;
    this.#nextReconcileMs = clock.now() + intervalMs * (0.75 + random() / 4);
    if (this.#isConnected) return;
    this.#lastError = undefined;
    this.#setConnected(true);
    if (this.#installations === 0) this.#installations = await inbox.countInstallations();
  }

  #sleepMs(isSyncing: boolean): number {
    const { clock } = this.#context;
    const explodesInMs = (this.record.explodesAtMs ?? Infinity) - clock.now();
    const reconcileInMs = isSyncing ? Infinity : this.#nextReconcileMs - clock.now();
    const hasStrangers = this.#hasMoreRequests || this.#hints.size > 0;
    const strangersInMs = hasStrangers ? this.#strangersNotBeforeMs - clock.now() : Infinity;
    return Math.max(0, Math.min(explodesInMs, reconcileInMs, strangersInMs, 60_000));
  }

  /** @returns Whether others had said or changed something in the conversation. */
  async #work(inbox: XmtpInbox, thorough: boolean): Promise<boolean> {
    const hints = [...this.#hints];
    this.#hints.clear();
    const { phase } = this.record;
    if (phase === "creating" && thorough) await this.create();
    if (phase === "joining") {
      const group = await this.#joiner.advance(inbox);
      if (group !== undefined) await this.#adopt(group);
    }
    if (phase === "restoring") await this.commits.run(() => this.#restorer.advance(inbox));
    return this.record.phase === "active" && (await this.#workActive(inbox, { thorough, hints }));
  }

  async #workActive(
    inbox: XmtpInbox,
    { thorough, hints }: { thorough: boolean; hints: readonly string[] },
  ): Promise<boolean> {
    const { groupId } = this.record;
    const group = await this.openGroup();
    const wasActive = group.isActive();
    const hasNews = await this.#reader.read(group, { thorough });
    if (thorough || hasNews) await this.#refresh(group);
    if (thorough) await this.#compare(group);
    const { explodesAtMs, explodesBy, ...lasting } = this.record;
    if (explodesAtMs !== undefined && explodesAtMs <= this.#context.clock.now()) {
      if (explodesBy === undefined || (await listAdmins(group)).includes(explodesBy)) {
        await this.end("exploded");
        return hasNews;
      }
      // Whoever said so may no longer (section 1.14).
      this.#context.book.step((step) => step.replace(this.id, lasting));
    }
    if (!group.isActive()) {
      // What was said before, that it explodes above all, may have come while this look was under way: once more.
      if (wasActive) this.#alarm.ring();
      else await this.end("removed");
      return hasNews;
    }
    const strangers = hints.filter((hint) => hint !== groupId);
    const hasStrangers = thorough || this.#hasMoreRequests || strangers.length > 0;
    if (!hasStrangers) return hasNews;
    const { clock } = this.#context;
    const startedMs = clock.now();
    if (!thorough && startedMs < this.#strangersNotBeforeMs) {
      for (const hint of strangers) this.#hints.add(hint);
      return hasNews;
    }
    await this.#workForStrangers(inbox, { group, strangers, thorough });
    const endedMs = clock.now();
    this.#strangersNotBeforeMs = endedMs + STRANGERS_PAUSE_RATIO * (endedMs - startedMs);
    return hasNews;
  }

  /** Groups that others put us into, and direct conversations: people who ask to be let in, and people who talk. */
  async #workForStrangers(
    inbox: XmtpInbox,
    seen: { group: XmtpGroup; strangers: readonly string[]; thorough: boolean },
  ): Promise<void> {
    const { group, strangers, thorough } = seen;
    const { isCreator } = this.record;
    await leaveForeign(
      inbox.groups().filter(({ id }) => id !== group.id),
      this.#context,
    );
    const ownCommits = this.#ownCommits;
    const all = thorough || this.#hasMoreRequests;
    const directs = await inbox.directs(all ? undefined : strangers);
    const hasMoreRequests = isCreator && (await this.#admission.process(directs, group));
    const hasMoreChats = await this.directs.process(directs, { thorough });
    this.#hasMoreRequests = hasMoreRequests || hasMoreChats;
    // Our own commits do not come back as messages. A thorough look has just read everything else.
    if (isCreator && (!thorough || this.#ownCommits !== ownCommits)) await this.#refresh(group);
  }

  async #compare(group: XmtpGroup): Promise<void> {
    const { clock, timing } = this.#context;
    if (clock.now() < this.#nextCompareMs) return;
    // XMTP's library writes its whole log of the group out for it.
    this.#nextCompareMs = clock.now() + RECONCILES_PER_COMPARE * timing.reconcileMs;
    const isOutOfSync = await group.isOutOfSync();
    if (isOutOfSync === this.#isOutOfSync) return;
    this.#isOutOfSync = isOutOfSync;
    this.#context.log.warn(
      isOutOfSync ? "a conversation is out of sync" : "a conversation is in sync again",
    );
    this.#context.notify();
  }

  /** What summaries show, as the group has it now. */
  async #refresh(group: XmtpGroup): Promise<void> {
    const shown = await readShownFacts(group, this.#key.inboxId);
    if (differsFrom(this.record, shown)) {
      this.#context.book.step((step) => step.update(this.id, shown));
    }
  }

  async #createGroup(inbox: XmtpInbox): Promise<void> {
    if (this.record.phase !== "creating") return;
    const { tag = "", emoji, name = "", description = "", adminOnly = false } = this.record;
    const appData = encodeMetadata({ tag, profiles: [], ...(emoji !== undefined && { emoji }) });
    // Found again after a kill between its making and our note of it.
    const made = inbox
      .groups()
      .find(
        (group) =>
          tryDecodeMetadata(group.appData())?.tag === tag && group.addedBy() === inbox.inboxId,
      );
    const group = made ?? (await inbox.createGroup({ name, description, appData, adminOnly }));
    await this.#adopt(group);
  }

  /** The group is ours from here on. */
  async #adopt(group: XmtpGroup): Promise<void> {
    const { book, profileName } = this.#context;
    const { phase, request } = this.record;
    const shown = await readShownFacts(group, this.#key.inboxId);
    const creator = await group.creator();
    group.setConsent("allowed");
    book.step((step) => {
      const { offers: _offers, oldMembers: _oldMembers, ...record } = step.get(this.id);
      step.replace(this.id, {
        ...record,
        phase: "active",
        groupId: group.id,
        isCreator: creator === this.#key.inboxId,
        ...shown,
      });
      if (phase !== "creating") {
        const sentAtMs = this.#context.clock.now();
        step.addEvent(
          this.id,
          { type: "joined" },
          { senderInboxId: group.addedBy(), messageId: "", sentAtMs },
        );
      }
    });
    const name = request?.profileName ?? profileName;
    this.outbox.add(
      encodeProfileUpdate({ ...(name !== undefined && { name }), memberKind: "agent" }),
      "profile:first",
    );
    this.reconcileSoon();
  }

  /** Tells a new member who the others are; the newcomer cannot read what was said before (section 1.11). */
  async #welcome(
    { messageId, profile }: ReceivedJoinRequest,
    joinerInboxId: string,
  ): Promise<void> {
    this.#ownCommits += 1;
    const group = await this.openGroup();
    const newcomer = { inboxId: joinerInboxId, profile };
    const profiles = introduceMembers(await loadMemberProfiles(group), newcomer);
    if (profiles.length > 0)
      this.outbox.add(encodeProfileSnapshot(profiles), `snapshot:${messageId}`);
  }

  async #revokeFlooded(): Promise<void> {
    this.#ownCommits += 1;
    await rotateTag(this.#context, this, await this.openGroup(), (step) => {
      step.addEvent(this.id, { type: "invites_revoked" });
    });
  }

  #setConnected(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    this.outbox.setConnected(isConnected);
    this.directs.setConnected(isConnected);
    this.#context.notify();
  }
}
