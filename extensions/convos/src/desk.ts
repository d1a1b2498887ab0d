// The desk in the owner conversation: tells the owner who asks to be heard elsewhere, takes his decisions, and tells the people.
// What unheard people write never gets here; only who they are.
import { setTimeout as sleep } from "node:timers/promises";
import type { Outbox, SealedRecord } from "channel-durability";
import { resolveConvosAccount } from "./accounts.ts";
import type { ConvosConnection } from "./client.ts";
import { readVerdict, tryParseCommand, type DeskCommand } from "./desk-commands.ts";
import { createDecide, type DecisionOptions } from "./desk-decisions.ts";
import { describeConversation, describePerson } from "./desk-people.ts";
import {
  addAsking,
  findPerson,
  isApproved,
  isAsking,
  dropConversations,
  withMessageId,
  withNotice,
  withTold,
  type Approved,
  type DeskNotice,
  type DeskRecord,
} from "./desk-record.ts";
import type { InboundFacts, InboundMessage } from "./inbound.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { fillText } from "./strings.ts";
import { shortenId } from "./targets.ts";

/** Several people who ask at the same time are one notice. */
const GATHER_MS = 3000;
/** Not more notices than this within the window; who asks meanwhile is in the next one. */
const MAX_NOTICES = 6;
const NOTICE_WINDOW_MS = 10 * 60_000;
/** And not more than these within a day, whoever joins and asks. All who wait are in the status. */
const MAX_NOTICES_OF_DAY = 24;
const DAY_MS = 24 * 3_600_000;
const LIMITS = [
  { count: MAX_NOTICES, withinMs: NOTICE_WINDOW_MS },
  { count: MAX_NOTICES_OF_DAY, withinMs: DAY_MS },
];
const MAX_PEOPLE_OF_NOTICE = 20;
/** How soon a change of the configuration is looked for, and until when: a turn at work delays it. */
const ADMITTED_POLL_MS = 250;
const ADMITTED_WAIT_MS = 30 * 60_000;
/** When sending a notice failed. */
const RETRY_MS = 5000;

export interface DeskOptions extends DecisionOptions {
  readonly connection: Pick<
    ConvosConnection,
    "conversations" | "directs" | "ended" | "onStatusChange"
  >;
  readonly record: SealedRecord<DeskRecord>;
  readonly outbox: Pick<Outbox<ConvosMessageBody>, "find" | "send">;
  /** By the configuration that is in force. */
  readonly isAdmitted: (conversationId: string, inboxId: string) => Promise<boolean>;
  readonly onError: (error: unknown, what: string) => void;
  /** For tests that cannot wait. */
  readonly gatherMs?: number;
}

type FactsForOwner = Extract<InboundFacts, { kind: "for_owner" }>;

export interface ConversationDesk {
  /** True when these facts were the owner's word to us, in the owner conversation: dealt with. */
  takes(facts: InboundFacts): Promise<boolean>;
  /** Notes that somebody who is not heard addressed the agent. Only who; once per person and conversation. */
  noteAsking(person: Pick<InboundMessage, "conversationId" | "senderId">): Promise<void>;
  /** Written before the owner let its sender in: it is not answered later. */
  isTooEarly(message: InboundMessage): boolean;
  /** Tells the owner what the protocol says about a conversation, once per event. */
  tellOwner(facts: FactsForOwner): Promise<void>;
  /** Sends notices and tells people until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function createConversationDesk(options: DeskOptions): ConversationDesk {
  return new Desk(options);
}

class Desk implements ConversationDesk {
  readonly #options: DeskOptions;
  readonly #decide: ReturnType<typeof createDecide>;
  /** When the oldest question that the owner was not told of came in, in this run. */
  #askedAtMs: number | undefined;
  #hasFailed = false;
  #wake = Promise.withResolvers<void>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#decide = createDecide(options);
  }

  async takes(facts: InboundFacts): Promise<boolean> {
    const { isOwner, ownerConversation } = this.#options;
    if (facts.conversationId !== ownerConversation() || !isOwner(facts.senderId)) return false;
    const read = this.#read(facts);
    if (read === undefined) return false;
    const answer = await this.#decide({ ...read, id: facts.key, atMs: facts.sentAtMs });
    await this.#send(facts.conversationId, `desk/answer/${facts.key}`, answer);
    this.#wake.resolve();
    return true;
  }

  async noteAsking({
    conversationId,
    senderId: inboxId,
  }: Pick<InboundMessage, "conversationId" | "senderId">): Promise<void> {
    const { members, now, record } = this.#options;
    if (findPerson(record.read(), { conversationId, inboxId }) !== undefined) return;
    const [name, isAgent] = await Promise.all([
      members.nameOf(conversationId, inboxId),
      members.isAgent(conversationId, inboxId),
    ]);
    const asking = { conversationId, inboxId, isAgent, atMs: now() };
    const before = record.read();
    const after = addAsking(before, name === undefined ? asking : { ...asking, name });
    if (after === before) return;
    record.write(after);
    this.#askedAtMs ??= now();
    this.#wake.resolve();
  }

  isTooEarly({ conversationId, senderId: inboxId, sentAtMs }: InboundMessage): boolean {
    const known = findPerson(this.#options.record.read(), { conversationId, inboxId });
    return known !== undefined && isApproved(known) && sentAtMs <= known.atMs;
  }

  async tellOwner({ about, conversationId, key }: FactsForOwner): Promise<void> {
    const { connection, controls, ownerConversation, readStrings } = this.#options;
    const to = ownerConversation();
    if (to === undefined) return;
    const strings = readStrings();
    const texts = {
      invites_revoked: strings.invitesRevoked,
      joins_waiting: strings.joinsWaiting,
      restore_offered: strings.restoreOffered,
    };
    const text = fillText(texts[about], {
      conversation: describeConversation(conversationId, [
        ...connection.conversations(),
        ...controls.offers(),
      ]),
      id: shortenId(conversationId),
    });
    await this.#send(to, `desk/${key}`, text);
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#options.connection.onStatusChange(() => {
      if (this.#forgetEnded()) this.#wake.resolve();
    });
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    try {
      while (!signal.aborted) {
        this.#wake = Promise.withResolvers();
        await this.#work(signal);
        const delayMs = this.#delayMs();
        const alarm = new AbortController();
        const waits = [this.#wake.promise, ended];
        if (delayMs !== undefined) {
          waits.push(sleep(delayMs, undefined, { signal: alarm.signal }).catch(() => undefined));
        }
        await Promise.race(waits);
        alarm.abort();
      }
    } finally {
      stop();
    }
  }

  /** The command in facts of the owner; undefined when they are for the agent. */
  #read(facts: InboundFacts): { command: DeskCommand; notice: DeskNotice | undefined } | undefined {
    if (facts.kind === "reaction") {
      const verb =
        facts.removed || facts.emoji === undefined ? undefined : readVerdict(facts.emoji);
      const notice = verb === undefined ? undefined : this.#findNotice(facts.targetId);
      if (verb === undefined || notice === undefined) return undefined;
      return { command: { verb, ids: [], numbers: [] }, notice };
    }
    if (facts.kind !== "message") return undefined;
    const { accountId, readConfig } = this.#options;
    const notice = facts.replyToId === undefined ? undefined : this.#findNotice(facts.replyToId);
    const command = tryParseCommand(facts.text, {
      name: resolveConvosAccount(readConfig(), accountId).name,
      answersNotice: notice !== undefined,
    });
    return command === undefined ? undefined : { command, notice };
  }

  #findNotice(messageId: string): DeskNotice | undefined {
    const { outbox, record } = this.#options;
    return record
      .read()
      .notices.find(
        (notice) => (notice.messageId ?? outbox.find(notice.key)[0]?.nativeId) === messageId,
      );
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#hasFailed = false;
    try {
      this.#forgetEnded();
      this.#writeNotice();
      for (const notice of this.#options.record.read().notices) {
        if (notice.messageId === undefined) await this.#sendNotice(notice);
      }
      await this.#tellApproved();
    } catch (error) {
      if (signal.aborted) return;
      this.#hasFailed = true;
      this.#options.onError(error, "the owner could not be asked about people");
    }
  }

  /** How long nothing is to be done, unless somebody wakes us. */
  #delayMs(): number | undefined {
    if (this.#hasFailed) return RETRY_MS;
    if (this.#untold().length > 0) return ADMITTED_POLL_MS;
    const dueAtMs = this.#noticeDueAtMs();
    return dueAtMs === undefined ? undefined : Math.max(0, dueAtMs - this.#options.now());
  }

  /** When the next notice may go out; undefined when there is nothing to ask, or nobody to be asked. */
  #noticeDueAtMs(): number | undefined {
    const { gatherMs = GATHER_MS, now, ownerConversation, record } = this.#options;
    const { notices, people } = record.read();
    const isWaiting = people.some((person) => isAsking(person) && !person.isTold);
    if (!isWaiting || ownerConversation() === undefined) return undefined;
    const at = now();
    const waits = LIMITS.map(({ count, withinMs }) => {
      const recent = notices.filter(({ atMs }) => atMs > at - withinMs && atMs <= at);
      const oldest = recent.at(-count);
      return oldest === undefined ? 0 : oldest.atMs + withinMs;
    });
    return Math.max((this.#askedAtMs ?? 0) + gatherMs, ...waits);
  }

  /** Writes down whom the next notice is about; it is sent from what is written down. */
  #writeNotice(): void {
    const { now, record } = this.#options;
    const dueAtMs = this.#noticeDueAtMs();
    if (dueAtMs === undefined || dueAtMs > now()) return;
    const waiting = record.read().people.filter((person) => isAsking(person) && !person.isTold);
    const people = waiting
      .slice(0, MAX_PEOPLE_OF_NOTICE)
      .map(({ conversationId, inboxId }) => ({ conversationId, inboxId }));
    const [first] = waiting;
    if (first === undefined) return;
    const key = `desk/ask/${now()}/${first.conversationId}/${first.inboxId}`;
    record.write(withNotice(record.read(), { key, atMs: now(), people }));
    this.#askedAtMs = undefined;
  }

  async #sendNotice(notice: DeskNotice): Promise<void> {
    const { connection, ownerConversation, readStrings, record } = this.#options;
    const to = ownerConversation();
    if (to === undefined) return;
    const strings = readStrings();
    const lines = notice.people.map((place, index) => {
      const known = findPerson(record.read(), place);
      return fillText(strings.askPerson, {
        number: notice.people.length === 1 ? "" : `${index + 1}. `,
        person: describePerson(known === undefined ? place : known),
        conversation: describeConversation(place.conversationId, connection.conversations()),
      });
    });
    const more = record.read().people.filter((person) => isAsking(person) && !person.isTold).length;
    if (more > 0) lines.push(fillText(strings.askMore, { count: String(more) }));
    const text = fillText(strings.ask, { people: lines.join("\n") });
    const messageId = await this.#send(to, notice.key, text);
    record.write(withMessageId(record.read(), notice.key, messageId));
  }

  #untold(): Approved[] {
    return this.#options.record
      .read()
      .people.filter((person) => isApproved(person))
      .filter(({ isTold }) => !isTold);
  }

  /** Tells people of decisions that are in force; those of one decision and conversation in one message. */
  async #tellApproved(): Promise<void> {
    const { isAdmitted, now, readStrings, record } = this.#options;
    const groups = Map.groupBy(
      this.#untold(),
      ({ conversationId, decision }) => `${conversationId}/${decision}`,
    );
    for (const [key, people] of groups) {
      const [
        { atMs, conversationId, ofEveryone } = { atMs: 0, conversationId: "", ofEveryone: false },
      ] = people;
      const heard = await Promise.all(
        people.map(({ inboxId }) => isAdmitted(conversationId, inboxId)),
      );
      if (heard.every(Boolean)) {
        const strings = readStrings();
        const names = people.map((person) => describePerson(person)).join(", ");
        const text = ofEveryone
          ? strings.approvedEveryone
          : fillText(strings.approved, { people: names });
        await this.#send(conversationId, `desk/approved/${key}`, text);
      } else if (now() - atMs < ADMITTED_WAIT_MS) {
        continue;
      }
      record.write(withTold(record.read(), people));
    }
  }

  /** @returns The message's id. The same key again is the same message. */
  async #send(to: string, key: string, text: string): Promise<string> {
    const body: ConvosMessageBody = { ...createMessageBody(to, text), purpose: "operator" };
    const { nativeId } = await this.#options.outbox.send({
      queueId: key,
      partIndex: 0,
      target: to,
      body,
    });
    return nativeId;
  }

  /** What we are not in any more concerns nobody. @returns Whether anything was forgotten. */
  #forgetEnded(): boolean {
    const { connection, record } = this.#options;
    // One that is being restored is in neither list: what the owner decided there holds when it is back.
    const before = record.read();
    const after = dropConversations(before, new Set(connection.ended()));
    if (after === before) return false;
    record.write(after);
    return true;
  }
}
