import type { BookStep } from "../client/conversation-book.ts";
import type { ClientContext } from "../client/client-context.ts";
import type { EventContent } from "../client/event-codec.ts";
import { EXPLODE_SETTINGS, parseExplodeSettings } from "../content/explode-settings.ts";
import { type ContentTypeId, isSameType } from "../content/content-parts.ts";
import { JOIN_REQUEST } from "../content/join-request.ts";
import { GROUP_UPDATED, LEAVE_REQUEST } from "../content/standard-types.ts";
import { readJoinRequest } from "../join/read-join-request.ts";
import type { XmtpConversation, XmtpDirect, XmtpGroup, XmtpMessage } from "../xmtp/port.ts";
import { maySaySomething, readContent } from "./read-content.ts";
import { readGroupChange } from "./read-group-change.ts";

const NS_PER_MS = 1_000_000n;
/** Messages are up to 1 MiB each, and all of a page are in memory at once. */
const PAGE = 50;
/** How far before the newest message to look for one that was stored after it: the network's clocks are not one clock. */
const OVERLAP_NS = 2_000n * NS_PER_MS;
/** The same when a comparison says that something is missing. */
const WIDE_OVERLAP_NS = 600_000n * NS_PER_MS;
/** How far the network's clock may have run ahead and come back, or ours lag, without anything being missed. */
const CLOCK_JUMP_NS = 23n * 3_600_000n * NS_PER_MS;
/** How long ids are kept. More than the two above together: what is read again must be known. */
const KEEP_SEEN_NS = 24n * 3_600_000n * NS_PER_MS;

/** What the messages of a kind of conversation mean. */
export interface ReadingRules<T extends XmtpConversation> {
  readonly eventsOf: (message: XmtpMessage, isCreator: boolean) => EventContent[];
  /** Who may end the conversation now. */
  readonly admins: (conversation: T) => Promise<readonly string[]>;
}

/**
 * Takes the new messages of one conversation out of XMTP's database, each once, and makes events of them. The cursor and
 * the events reach the disk together.
 */
export class MessageReader<T extends XmtpConversation> {
  readonly #context: ClientContext;
  readonly #conversation: number;
  readonly #rules: ReadingRules<T>;

  constructor(context: ClientContext, conversation: number, rules: ReadingRules<T>) {
    this.#context = context;
    this.#conversation = conversation;
    this.#rules = rules;
  }

  /**
   * Reads what is new.
   *
   * @param options.thorough - Compares the last ten minutes with the database and reads them again if they differ.
   * @returns Whether anything was.
   */
  async read(group: T, { thorough }: { thorough: boolean }): Promise<boolean> {
    const { book, store, clock } = this.#context;
    const cursorNs = BigInt(book.get(this.#conversation).record.cursorNs);
    const fromNs = resolveStart(cursorNs, BigInt(clock.now()) * NS_PER_MS);
    const wideNs = fromNs - WIDE_OVERLAP_NS;
    const misses = thorough && (await this.#missesAny(group, wideNs));
    if (thorough) store.seen.prune(this.#conversation, cursorNs - KEEP_SEEN_NS);
    let afterNs = misses ? wideNs : fromNs - OVERLAP_NS;
    let limit = PAGE;
    let found = false;
    for (;;) {
      const query = { afterNs: afterNs < 0n ? 0n : afterNs, limit, withoutOwn: true };
      const page = await group.messages(query);
      found = (await this.#take(group, page)) || found;
      const last = page.at(-1);
      if (page.length < limit || last === undefined) return found;
      // The same moment may go on on the next page.
      const nextNs = last.sentAtNs - 1n;
      if (nextNs > afterNs) {
        afterNs = nextNs;
        limit = PAGE;
      } else {
        limit *= 2;
      }
    }
  }

  async #missesAny(group: T, afterNs: bigint): Promise<boolean> {
    const bound = afterNs < 0n ? 0n : afterNs;
    const there = await group.countMessages({ afterNs: bound, withoutOwn: true });
    return there !== this.#context.store.seen.countAfter(this.#conversation, bound);
  }

  async #take(group: T, page: readonly XmtpMessage[]): Promise<boolean> {
    const { book, store } = this.#context;
    const fresh = page.filter(({ id }) => !store.seen.has(this.#conversation, id));
    if (fresh.length === 0) return false;
    const mayExplode = fresh.some(isExplode) ? await this.#admins(group) : new Set<string>();
    book.step((step) => {
      for (const message of fresh) this.#takeOne(step, message, mayExplode);
    });
    return true;
  }

  #takeOne(step: BookStep, message: XmtpMessage, mayExplode: ReadonlySet<string>): void {
    const id = this.#conversation;
    const { cursorNs, isCreator } = step.get(id);
    const sentAtMs = Number(message.sentAtNs / NS_PER_MS);
    step.store.seen.add(id, message.id, message.sentAtNs);
    // A time far ahead of ours goes no further than what is read again: nothing after it may be hidden.
    const limitNs = BigInt(this.#context.clock.now()) * NS_PER_MS + CLOCK_JUMP_NS;
    const timeNs = message.sentAtNs < limitNs ? message.sentAtNs : limitNs;
    const newest = timeNs > BigInt(cursorNs) ? timeNs : BigInt(cursorNs);
    step.update(id, { cursorNs: String(newest) });
    if (isExplode(message)) {
      if (mayExplode.has(message.senderInboxId)) this.#noteExplosion(step, message);
      return;
    }
    const { renewal } = step.get(id);
    // Whoever went on from this state has seen it.
    if (renewal !== undefined && message.sentAtNs <= BigInt(renewal.untilNs)) return;
    const source = { senderInboxId: message.senderInboxId, messageId: message.id, sentAtMs };
    for (const content of this.#rules.eventsOf(message, isCreator)) {
      step.addEvent(id, content, source);
      step.update(id, { lastInboundAtMs: this.#context.clock.now() });
    }
  }

  /** The earlier of two dates counts (section 1.14). */
  #noteExplosion(step: BookStep, message: XmtpMessage): void {
    const expiresAtMs = tryReadExplosion(message);
    if (expiresAtMs === undefined) return;
    if (expiresAtMs >= (step.get(this.#conversation).explodesAtMs ?? Infinity)) return;
    const explodesBy = message.senderInboxId;
    step.update(this.#conversation, { explodesAtMs: expiresAtMs, explodesBy });
  }

  /** Who may end the conversation now, whatever they were when they sent the message. */
  async #admins(group: T): Promise<Set<string>> {
    return new Set(await this.#rules.admins(group));
  }
}

/** Who may end a conversation, as of the last sync. */
export async function listAdmins(group: XmtpGroup): Promise<string[]> {
  const members = await group.members();
  return members.filter(({ role }) => role !== "member").map(({ inboxId }) => inboxId);
}

/**
 * Where to read from, before the overlap: the newest message, unless its time lies ahead of ours. A message from a clock
 * that ran ahead must not hide those that follow.
 */
function resolveStart(cursorNs: bigint, nowNs: bigint): bigint {
  if (cursorNs <= nowNs) return cursorNs;
  return nowNs > cursorNs - CLOCK_JUMP_NS ? nowNs : cursorNs - CLOCK_JUMP_NS;
}

function groupEventsOf(message: XmtpMessage, isCreator: boolean): EventContent[] {
  const { type } = message;
  if (type === undefined) return [];
  if (isSameType(type, GROUP_UPDATED)) {
    try {
      return readGroupChange(message.content);
    } catch {
      return [];
    }
  }
  if (isSameType(type, LEAVE_REQUEST)) {
    // The commit that takes the sender out is ours, and of ours nothing comes back.
    return isCreator
      ? [{ type: "members_changed", added: [], removed: [message.senderInboxId] }]
      : [];
  }
  const content = readContent(message);
  return content === undefined ? [] : [content];
}

/** In a direct conversation only what somebody says counts: neither bookkeeping nor requests to join a group. */
function directEventsOf(message: XmtpMessage): EventContent[] {
  if (readJoinRequest(message) !== undefined) return [];
  const content = readContent(message);
  return content === undefined || content.type === "profile_changed" ? [] : [content];
}

/**
 * Whether a message of this type can mean anything outside the conversation itself: somebody says something, asks to be let
 * in, or has put us into a group. Pure.
 */
export function isHeardFromStrangers(type: ContentTypeId): boolean {
  return maySaySomething(type) || isSameType(type, JOIN_REQUEST) || isSameType(type, GROUP_UPDATED);
}

export const GROUP_RULES: ReadingRules<XmtpGroup> = { eventsOf: groupEventsOf, admins: listAdmins };

/** Nobody ends a direct conversation for the other. */
export const DIRECT_RULES: ReadingRules<XmtpDirect> = {
  eventsOf: directEventsOf,
  admins: () => Promise.resolve([]),
};

function isExplode({ type }: XmtpMessage): boolean {
  return type !== undefined && isSameType(type, EXPLODE_SETTINGS);
}

function tryReadExplosion({ type, content }: XmtpMessage): number | undefined {
  try {
    return type === undefined ? undefined : parseExplodeSettings({ type, content }).expiresAtMs;
  } catch {
    return undefined;
  }
}
