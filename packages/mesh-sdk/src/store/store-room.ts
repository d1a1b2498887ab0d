import { type Account, NO_OLDEST_MS } from "./ledger-table.ts";
import type { MessageMark } from "./messages-table.ts";
import type { StoreLimits } from "./store-limits.ts";
import type { StoreTables } from "./store-tables.ts";

/** Channels that nobody wants have no more than this share of the whole, however little that is. */
const STRAY_SHARE = 1 / 8;
/** Where the largest channel stops giving way: at this share of the one that was second. */
const FAIRNESS = 0.95;

/** Keeps the books of what is stored, and decides what gives way. Every call is part of a step of the caller's. */
export class StoreRoom {
  readonly #tables: StoreTables;
  readonly #limits: StoreLimits;
  readonly #strayBytes: number;
  #protected: ReadonlySet<string> = new Set();

  constructor(tables: StoreTables, limits: StoreLimits) {
    this.#tables = tables;
    this.#limits = limits;
    this.#strayBytes = Math.min(limits.strayBytes, limits.storeBytes * STRAY_SHARE);
  }

  /** See {@link MeshStore.protect}. */
  protect(channelIds: ReadonlySet<string>): void {
    this.#protected = new Set(channelIds);
  }

  /** Deletes a message, and what the books say of it. */
  remove(mark: MessageMark): void {
    const { ahead, channels, messages, senders, sums } = this.#tables;
    messages.delete(mark.arrival);
    ahead.forget(mark.channel, mark.arrival);
    sums.subtract(mark.channel, mark);
    this.book([channels.byId(mark.channel), senders.byId(mark.sender)], -1, -mark.bytes);
  }

  /** Counts what was stored in two accounts and in all, or with negative numbers what was deleted. */
  book([channel, sender]: readonly [Account, Account], messages: number, bytes: number): void {
    const { channels, senders, strays, totals } = this.#tables;
    for (const account of [channel, sender, totals]) {
      account.messages += messages;
      account.bytes += bytes;
    }
    strays.count(channel.id, bytes);
    if (channel.messages === 0) strays.delete(channel.id, 0);
    channels.touch(channel);
    senders.touch(sender);
  }

  /** Deletes what is over a quota: of those that just grew, and of the largest while all together are too large. */
  keepQuotas(limit: number, nowMs: number): number {
    const { channels, senders, totals } = this.#tables;
    const { storeBytes, storeBytesPerChannel, storeBytesPerSender } = this.#limits;
    let left = limit;
    for (const account of senders.changed()) {
      if (account.bytes <= storeBytesPerSender) continue;
      left -= this.evict(
        "sender",
        account,
        { limit: left, nowMs },
        () => account.bytes <= storeBytesPerSender,
      );
    }
    for (const account of channels.changed()) {
      if (account.bytes <= storeBytesPerChannel) continue;
      left -= this.evict(
        "channel",
        account,
        { limit: left, nowMs },
        () => account.bytes <= storeBytesPerChannel,
      );
    }
    left -= this.#keepStraysFew(left);
    while (left > 0 && totals.bytes > storeBytes) {
      channels.flush();
      const others = totals.largestChannels(this.#protected);
      const [largest, second] = others.length > 0 ? others : totals.largestChannels(new Set());
      if (largest === undefined) break;
      const account = channels.byId(largest.id);
      // Somewhat below the next one, so that two of a size do not take turns message by message.
      const enoughBytes = (second?.bytes ?? 0) * FAIRNESS;
      const deleted = this.evict(
        "channel",
        account,
        { limit: left, nowMs },
        () => totals.bytes <= storeBytes || account.bytes < enoughBytes,
      );
      if (deleted === 0) break;
      left -= deleted;
    }
    return limit - left;
  }

  /** Deletes from channels that nobody wants. No floor is left of them: what nobody waits for may come again. */
  #keepStraysFew(limit: number): number {
    const { channels, messages, strays } = this.#tables;
    let deleted = 0;
    while (deleted < limit && strays.bytes > this.#strayBytes && strays.first !== undefined) {
      const channel = channels.byId(strays.first);
      if (this.#protected.has(channel.name)) {
        strays.delete(channel.id, channel.bytes);
        continue;
      }
      const marks = messages.oldestOf("channel", channel.id, channel.floorMs, limit - deleted);
      // What is left of it, if anything, somebody waits for.
      if (marks.length === 0) strays.delete(channel.id, channel.bytes);
      for (const mark of marks) {
        if (strays.bytes <= this.#strayBytes) break;
        this.remove(mark);
        deleted += 1;
      }
    }
    return deleted;
  }

  /** Deletes from the oldest on until it is enough. What waits to be handled stays. @returns How many were deleted. */
  evict(
    whose: "channel" | "sender",
    account: Account,
    { limit, nowMs }: { readonly limit: number; readonly nowMs: number },
    isEnough: (next: MessageMark) => boolean,
  ): number {
    if (limit <= 0) return 0;
    const { channels, senders } = this.#tables;
    const isChannel = whose === "channel";
    const marks = isChannel
      ? this.#oldestOfChannel(account, limit, nowMs)
      : this.#tables.messages.oldestOf("sender", account.id, account.floorMs, limit + 1);
    const deleted: MessageMark[] = [];
    account.oldestMs = NO_OLDEST_MS;
    for (const mark of marks) {
      const ageMs = isChannel ? mark.agesFromMs : mark.timestampMs;
      if (deleted.length === limit || isEnough(mark)) {
        account.oldestMs = ageMs;
        break;
      }
      this.remove(mark);
      account.floorMs = Math.max(account.floorMs, ageMs);
      deleted.push(mark);
    }
    for (const mark of deleted) this.rememberAbove(account.floorMs, mark);
    (isChannel ? channels : senders).touch(account);
    return deleted.length;
  }

  /** By their ages: what is dated ahead of our clock stands where it came, and pushes out no more than any other. */
  *#oldestOfChannel(
    { floorMs, id }: Account,
    limit: number,
    nowMs: number,
  ): Generator<MessageMark, void> {
    const { ahead, messages } = this.#tables;
    const given = new Set<number>();
    for (const mark of messages.oldestOf("channel", id, floorMs, limit + 1)) {
      for (;;) {
        const arrival = ahead.first(id, nowMs);
        if (arrival === undefined) break;
        const early = messages.handledMarkOf(arrival);
        if (early === undefined) {
          // Somebody waits for it: later it goes by its own time.
          ahead.forget(id, arrival);
          continue;
        }
        if (early.agesFromMs >= mark.agesFromMs) break;
        given.add(arrival);
        // Whoever asks for the next one has deleted it.
        yield early;
      }
      if (!given.has(mark.arrival)) yield mark;
    }
  }

  /** Notes what was deleted though its channel's floor is below it, so that it is not taken again. */
  rememberAbove(floorMs: number, mark: MessageMark): void {
    if (mark.timestampMs > floorMs) this.#tables.dropped.add(mark);
  }
}
