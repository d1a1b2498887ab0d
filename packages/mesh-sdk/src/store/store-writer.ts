import { MAX_AHEAD_MS } from "../message/check-message.ts";
import { fileMessage } from "./filing.ts";
import { type Account, NO_FLOOR_MS, NO_OLDEST_MS } from "./ledger-table.ts";
import type { MessageMark } from "./messages-table.ts";
import type { AddResult, ItemKey, NewMessage } from "./port.ts";
import type { StoreLimits } from "./store-limits.ts";
import { StoreRoom } from "./store-room.ts";
import type { StoreTables } from "./store-tables.ts";
import { sizeOf } from "./stored-row.ts";

/** Messages that one step deletes at most, some 20 ms; the next one goes on. */
const DELETED_AT_ONCE = 1_000;
/** Messages that one step gives out at most. */
const RELEASED_AT_ONCE = 1_000;
/** Deleting may fall behind by this share of the whole; then nothing is taken until it has caught up. */
const HARD_LIMIT = 1.1;
/** What is dated within this time counts as news, and is taken even where it is the next to go. */
const NEWS_MS = 5 * 60_000;

/** Adds and deletes messages, so that the books agree: accounts, sums, and totals. Every call is one step of the caller's. */
export class StoreWriter {
  readonly #tables: StoreTables;
  readonly #limits: StoreLimits;
  readonly #room: StoreRoom;
  #givenUp = 0;

  constructor(tables: StoreTables, limits: StoreLimits) {
    this.#tables = tables;
    this.#limits = limits;
    this.#room = new StoreRoom(tables, limits);
  }

  /** Messages that nobody took and that had to make room, since the opening. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** See {@link MeshStore.protect}. */
  protect(channelIds: ReadonlySet<string>): void {
    this.#room.protect(channelIds);
  }

  add(batch: readonly NewMessage[], nowMs: number): AddResult[] {
    let left = DELETED_AT_ONCE;
    const results = batch.map((added) => {
      if (this.#isFarOver()) left -= this.#room.keepQuotas(left, nowMs);
      return this.#addOne(added, nowMs);
    });
    this.#room.keepQuotas(left, nowMs);
    return results;
  }

  /** @param id - The number of the message in the inbox. */
  markHandled(id: number): void {
    const { channels, inbox, messages, senders } = this.#tables;
    const arrival = inbox.take(id);
    const mark = arrival === undefined ? undefined : messages.markOf(arrival);
    if (mark === undefined) return;
    const [channel, sender] = [channels.byId(mark.channel), senders.byId(mark.sender)];
    if (mark.agesFromMs <= channel.floorMs || mark.timestampMs <= sender.floorMs) {
      // It was to be deleted with others before, and had to wait.
      this.#room.remove(mark);
      this.#room.rememberAbove(channel.floorMs, mark);
    } else {
      channel.oldestMs = Math.min(channel.oldestMs, mark.agesFromMs);
      sender.oldestMs = Math.min(sender.oldestMs, mark.timestampMs);
      channels.touch(channel);
      senders.touch(sender);
    }
  }

  /** See {@link MeshStore.release}. */
  release(channelId: string, doneToMs: number): number {
    const { channels, inbox, totals } = this.#tables;
    const channel = channels.find(channelId);
    const rows = channel === undefined ? [] : inbox.held(channel.id, RELEASED_AT_ONCE);
    for (const { id, timestampMs } of rows) {
      if (timestampMs <= doneToMs) this.markHandled(id);
      else inbox.release(id, totals.nextArrival());
    }
    return rows.length;
  }

  prune(nowMs: number): number {
    const { channels, dropped, notes, quarantine, senders, totals } = this.#tables;
    const floorMs = this.ageFloorMs(nowMs);
    let left = DELETED_AT_ONCE;
    left -= this.#giveUpOld(floorMs, left);
    channels.flush();
    while (left > 0) {
      const id = totals.channelWithOlder(floorMs);
      if (id === undefined) break;
      const account = channels.byId(id);
      left -= this.#room.evict(
        "channel",
        account,
        { limit: left, nowMs },
        ({ agesFromMs }) => agesFromMs > floorMs,
      );
      channels.flush();
    }
    const tooLarge = totals.channelLargerThan(this.#limits.storeBytesPerChannel);
    if (tooLarge !== undefined) channels.touch(channels.byId(tooLarge));
    left -= this.#room.keepQuotas(left, nowMs);
    left -= quarantine.evict({
      maxBytes: this.#limits.quarantineBytes,
      receivedBeforeMs: floorMs,
      limit: left,
    });
    dropped.prune(floorMs);
    notes.prune();
    channels.flush();
    senders.flush();
    const unused =
      channels.deleteUnused(floorMs, DELETED_AT_ONCE) +
      senders.deleteUnused(floorMs, DELETED_AT_ONCE);
    return DELETED_AT_ONCE - left + unused;
  }

  /** The latest time that is too old. */
  ageFloorMs(nowMs: number): number {
    return nowMs - this.#limits.retentionMs;
  }

  #addOne(added: NewMessage, nowMs: number): AddResult {
    const { digest, message, verdict } = added;
    const { channels, inbox, messages, quarantine, senders } = this.#tables;
    const item = { timestampMs: message.timestampMs, digest };
    const bytes = sizeOf(message);
    const channel = channels.find(message.channelId);
    const sender = senders.find(message.senderId);
    if (this.#isTooLate(message.timestampMs, bytes, [channel, sender], nowMs)) {
      const isStored = channel !== undefined && messages.has(channel.id, item);
      // Other floors are known before somebody is asked; a sender's is not.
      const isOfLoudSender = sender !== undefined && message.timestampMs <= sender.floorMs;
      if (!isStored && isOfLoudSender) this.#tables.dropped.add(item);
      return { outcome: isStored ? "duplicate" : "refused" };
    }
    if (this.#wasDeletedAhead(item, channel)) return { outcome: "refused" };
    if (verdict === "unverified") return this.#quarantine(added, bytes, channel);
    const kin =
      channel === undefined
        ? []
        : messages.kin(channel.id, message.messageId, sender?.id ?? Number.NaN);
    const filing = fileMessage(item, sender?.id ?? Number.NaN, kin);
    if (filing.kind === "duplicate") {
      // It came without, from a store of the reference; for others of the reference the signature is the only proof.
      const { signature } = message;
      if (signature !== undefined && !filing.of.isSigned) {
        messages.setSignature(filing.of.arrival, signature);
      }
      return { outcome: "duplicate" };
    }
    if (filing.kind === "one conflict more") {
      this.#tables.dropped.add(item);
      return { outcome: "conflict" };
    }
    const isForInbox = filing.kind === "new" && added.forUs;
    if (filing.drop !== undefined) this.#dropConflict(filing.drop);
    if (filing.hide !== undefined) messages.setShown(filing.hide.arrival, false);
    const arrival = this.#insert(added, bytes, filing.isShown);
    const freed = quarantine.take(digest);
    // What was handed over as unproven is not handed over twice.
    if (freed?.wasHanded === true) inbox.move(freed.arrival, arrival);
    else if (isForInbox) this.#putIntoInbox(arrival, bytes, added.isHeld === true);
    return { outcome: filing.kind === "new" ? "stored" : "conflict", arrival };
  }

  #isTooLate(
    timestampMs: number,
    bytes: number,
    accounts: readonly [Account | undefined, Account | undefined],
    nowMs: number,
  ): boolean {
    const { storeBytesPerChannel, storeBytesPerSender } = this.#limits;
    if (timestampMs <= this.ageFloorMs(nowMs) || this.#isFarOver()) return true;
    const isNews = timestampMs > nowMs - NEWS_MS;
    return [storeBytesPerChannel, storeBytesPerSender].some((quota, index) => {
      const { bytes: used, floorMs, oldestMs } = accounts[index] ?? EMPTY;
      const isOldest = oldestMs !== NO_OLDEST_MS && timestampMs <= oldestMs;
      // What would be the next to go need not come.
      const wouldGo = !isNews && used + bytes > quota && isOldest;
      return timestampMs <= floorMs || bytes > quota || wouldGo;
    });
  }

  /** What was dated ahead when it came may have been deleted before its time: the floor is below it. */
  #wasDeletedAhead(item: ItemKey, channel: Account | undefined): boolean {
    if (channel === undefined || channel.floorMs === NO_FLOOR_MS) return false;
    const isNear = item.timestampMs <= channel.floorMs + MAX_AHEAD_MS;
    return isNear && this.#tables.dropped.has(item.digest);
  }

  #isFarOver(): boolean {
    return this.#tables.totals.bytes > this.#limits.storeBytes * HARD_LIMIT;
  }

  /** What waits is bounded: where nobody takes anything, the oldest are given up, and receiving goes on. */
  #putIntoInbox(arrival: number, bytes: number, isHeld: boolean): void {
    const { inbox } = this.#tables;
    const { unhandledBytes, unhandledMessages } = this.#limits;
    while (inbox.count >= unhandledMessages || inbox.bytes + bytes > unhandledBytes) {
      const oldest = inbox.after(Number.MIN_SAFE_INTEGER, 1)[0];
      if (oldest === undefined) break;
      this.#giveUp(oldest.id);
    }
    inbox.add(arrival, bytes, isHeld);
  }

  #giveUp(id: number): void {
    this.markHandled(id);
    this.#givenUp += 1;
  }

  /** Gives up what waits and is too old to be kept. @returns How many, at most `limit`. */
  #giveUpOld(floorMs: number, limit: number): number {
    const { inbox, messages } = this.#tables;
    let given = 0;
    for (const { arrival, id } of inbox.after(Number.MIN_SAFE_INTEGER, limit)) {
      const mark = messages.markOf(arrival);
      if (mark === undefined || mark.timestampMs > floorMs) break;
      this.#giveUp(id);
      given += 1;
    }
    return given;
  }

  #quarantine(added: NewMessage, bytes: number, channel: Account | undefined): AddResult {
    const { messages, quarantine, totals } = this.#tables;
    const item = { timestampMs: added.message.timestampMs, digest: added.digest };
    const isProven = channel !== undefined && messages.has(channel.id, item);
    if (isProven || quarantine.has(added.digest)) return { outcome: "duplicate" };
    const maxBytes = this.#limits.quarantineBytes;
    quarantine.evict({
      maxBytes: maxBytes - bytes,
      receivedBeforeMs: Number.NEGATIVE_INFINITY,
      limit: DELETED_AT_ONCE,
    });
    if (!quarantine.hasRoomFor(bytes, maxBytes)) return { outcome: "refused" };
    const arrival = totals.nextArrival();
    quarantine.add(added, arrival, bytes);
    if (added.forUs) this.#putIntoInbox(arrival, bytes, false);
    return { outcome: "quarantined", arrival };
  }

  #insert(added: NewMessage, bytes: number, isShown: boolean): number {
    const { ahead, channels, messages, senders, strays, sums, totals } = this.#tables;
    const { digest, message } = added;
    const accounts = [
      channels.ensure(message.channelId),
      senders.ensure(message.senderId),
    ] as const;
    const [channel, sender] = accounts;
    if (added.isStray !== true) strays.delete(channel.id, channel.bytes);
    else if (channel.messages === 0) strays.add(channel.id);
    const arrival = totals.nextArrival();
    const filing = { arrival, channel: channel.id, sender: sender.id, bytes, isShown };
    messages.insert(added, filing);
    sums.add(channel.id, { timestampMs: message.timestampMs, digest });
    const agesFromMs = Math.min(message.timestampMs, added.receivedAtMs);
    channel.oldestMs = Math.min(channel.oldestMs, agesFromMs);
    sender.oldestMs = Math.min(sender.oldestMs, message.timestampMs);
    if (agesFromMs < message.timestampMs) {
      ahead.note(channel.id, arrival, message.timestampMs, agesFromMs);
    }
    this.#room.book(accounts, 1, bytes);
    return arrival;
  }

  #dropConflict(mark: MessageMark): void {
    this.#room.remove(mark);
    this.#tables.inbox.drop(mark.arrival);
    this.#tables.dropped.add(mark);
  }
}

const EMPTY = { bytes: 0, floorMs: Number.NEGATIVE_INFINITY, oldestMs: NO_OLDEST_MS };
