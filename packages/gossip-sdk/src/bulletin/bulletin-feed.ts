// Pages and polls follow one another: where one ends says where the next begins.
import type { AnnouncementScanKey } from "../announcement/announcement.ts";
import { GossipError } from "../errors.ts";
import { relayBackoff, spreadMs } from "../pacing/backoff.ts";
import { onAbort } from "../pacing/on-abort.ts";
import { Repeater } from "../pacing/repeater.ts";
import type { BulletinItem, RelayClient } from "../transport/relay-client.ts";
import { BULLETIN_START, type BulletinPosition, contradicts, positionAt } from "./position.ts";
import type { Scanner } from "./scan.ts";

/**
 * Announcements per page, about 12 kB of JSON each: parsing one page takes a few milliseconds, where the 500 of the
 * official client would hold the event loop for 30.
 */
const PAGE_LIMIT = 100;

/** Pages per poll. A relay that never comes to an end gets the rest of its turn at the next poll. */
const MAX_PAGES_PER_POLL = 20;

/** One account that follows the bulletin of a relay. */
export interface BulletinFollower {
  readonly scanKey: AnnouncementScanKey;
  readonly relay: RelayClient;
  /** Time between two polls when all is quiet; the shortest of all followers counts. */
  readonly intervalMs: number;
  /** First pause after an error of the relay. */
  readonly retryMs: number;
  position(): BulletinPosition;
  /**
   * Takes what may be for this account, and where it has then read to. Both are stored when it resolves: what was read
   * is not offered again. When it rejects with a GossipError, the page is offered again at the next poll.
   */
  onPage(candidates: readonly BulletinItem[], position: BulletinPosition): Promise<void>;
  /**
   * The relay started over: everything it had is gone, and is read again from its beginning once this has resolved. It
   * may come twice for one reset.
   */
  onRelayReset(): Promise<void>;
  /** After every poll. @param error - Undefined when it went well. */
  onPolled(error: GossipError | undefined): void;
}

interface Entry {
  readonly follower: BulletinFollower;
  /** The relay's newest counter was below this account's cursor at the last poll. */
  wasBelow: boolean;
  /** The announcement at the cursor was compared with what was read there. */
  compared: boolean;
  /** The account could not take its page; it is left out for the rest of this poll. */
  failed: boolean;
  busy: Promise<void>;
  fail(error: unknown): void;
}

/**
 * The bulletin of one relay, downloaded once for all accounts of this process that follow it, each from where it
 * stopped (docs/protocol/gossip.md section 9). Polls while anybody follows.
 */
export class BulletinFeed {
  readonly #openScanner: () => Scanner;
  readonly #random: () => number;
  readonly #entries = new Set<Entry>();
  #scanner: Scanner | undefined;
  #polls: Repeater | undefined;
  #stop: AbortController | undefined;
  #loop: Promise<void> | undefined;

  constructor(deps: { openScanner: () => Scanner; random?: () => number }) {
    this.#openScanner = deps.openScanner;
    this.#random = deps.random ?? Math.random;
  }

  /**
   * Follows until the signal aborts; when it resolves, nothing of this account runs here any more. Rejects only when
   * `onPage` failed with something else than a GossipError.
   */
  async follow(follower: BulletinFollower, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const entry: Entry = {
      follower,
      wasBelow: false,
      compared: false,
      failed: false,
      busy: Promise.resolve(),
      fail: reject,
    };
    this.#entries.add(entry);
    this.#start(follower.retryMs);
    this.#polls?.ring();
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const stopWatching = onAbort([signal], () => resolve());
    try {
      await Promise.race([failed, aborted]);
    } finally {
      stopWatching();
      this.#entries.delete(entry);
      await entry.busy;
      if (this.#entries.size === 0) await this.#end();
    }
  }

  /** Polls now, whatever was being waited for. */
  wake(): void {
    this.#polls?.wake();
  }

  #start(retryMs: number): void {
    if (this.#loop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#scanner ??= this.#openScanner();
    this.#polls = new Repeater({
      random: this.#random,
      backoff: relayBackoff(retryMs),
      work: (signal) => this.#poll(signal),
      onFailure: (error) => this.#onFailure(error),
    });
    this.#loop = this.#polls.run(stop.signal).catch((error: unknown) => {
      this.#loop = undefined;
      for (const entry of this.#entries) entry.fail(error);
    });
  }

  async #end(): Promise<void> {
    const [loop, scanner] = [this.#loop, this.#scanner];
    this.#stop?.abort();
    this.#loop = undefined;
    this.#scanner = undefined;
    await loop;
    await scanner?.close();
  }

  async #poll(signal: AbortSignal): Promise<number> {
    const isUnfinished = await this.#pollOnce(signal);
    for (const { follower } of this.#entries) follower.onPolled(undefined);
    // Not at once: a relay that never comes to an end would keep us busy for ever.
    const pauseMs = isUnfinished ? this.#intervalMs() / 4 : this.#intervalMs();
    return spreadMs(pauseMs, this.#random());
  }

  #onFailure(error: GossipError): void {
    for (const entry of this.#entries) {
      // It may be another relay when it comes back.
      entry.compared = false;
      entry.follower.onPolled(error);
    }
  }

  /** @returns Whether there was more than one poll may take. */
  async #pollOnce(signal: AbortSignal): Promise<boolean> {
    const [someone] = this.#entries;
    if (someone === undefined) return false;
    const { relay } = someone.follower;
    const newest = await relay.fetchBulletinCounter({ signal });
    for (const entry of this.#entries) {
      entry.failed = false;
      if (await wasReset(entry, { relay, newest, signal })) await this.#reset(entry);
    }
    for (let page = 0; page < MAX_PAGES_PER_POLL; page += 1) {
      const behind = [...this.#entries].filter(
        (entry) => !entry.failed && cursorOf(entry) < newest,
      );
      const [after] = behind.map(cursorOf).toSorted(ascending);
      if (after === undefined) return false;
      const items = await relay.fetchBulletin({ after, limit: PAGE_LIMIT }, { signal });
      const last = items.at(-1);
      if (last === undefined) return false;
      await this.#deliver(
        behind.filter((entry) => cursorOf(entry) < last.counter),
        items,
        positionAt(last),
      );
      signal.throwIfAborted();
    }
    return true;
  }

  async #deliver(
    readers: readonly Entry[],
    items: readonly BulletinItem[],
    position: BulletinPosition,
  ): Promise<void> {
    const finds = await this.#scanner?.scan(
      readers.map(({ follower }) => follower.scanKey),
      items.map((item) => item.data),
    );
    await Promise.all(
      readers.map((entry, index) => {
        const cursor = cursorOf(entry);
        const found = (finds?.[index] ?? []).flatMap((itemIndex) => items[itemIndex] ?? []);
        const unread = found.filter((item) => item.counter > cursor);
        return this.#hand(entry, unread, position);
      }),
    );
  }

  /**
   * Starts an account over. The old position is given up last: what it says about the reset is all there is to see it by,
   * if the rest fails or the process ends before.
   */
  async #reset(entry: Entry): Promise<void> {
    const { follower } = entry;
    await this.#give(entry, async () => {
      await follower.onRelayReset();
      await follower.onPage([], BULLETIN_START);
    });
    if (!entry.failed) return;
    entry.wasBelow = true;
    entry.compared = false;
  }

  #hand(
    entry: Entry,
    candidates: readonly BulletinItem[],
    position: BulletinPosition,
  ): Promise<void> {
    return this.#give(entry, () => entry.follower.onPage(candidates, position));
  }

  /** Gives one account something to do. What goes wrong there is that account's affair. */
  async #give(entry: Entry, task: () => Promise<void>): Promise<void> {
    if (!this.#entries.has(entry)) return;
    const work = task();
    entry.busy = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      entry.failed = true;
      if (!(error instanceof GossipError)) entry.fail(error);
    }
  }

  #intervalMs(): number {
    return Math.min(60_000, ...[...this.#entries].map(({ follower }) => follower.intervalMs));
  }
}

/**
 * Whether a relay started over, so that an account has to read it again from its beginning.
 *
 * A relay that was installed anew counts from 1. Its newest counter below our cursor shows that, if two polls in a row
 * say so: reading everything again for one wrong answer would be too easy to provoke. If it grew past our cursor while
 * we were away, the announcement there is another one than we read.
 */
async function wasReset(
  entry: Entry,
  { relay, newest, signal }: { relay: RelayClient; newest: bigint; signal: AbortSignal },
): Promise<boolean> {
  const position = entry.follower.position();
  if (newest < position.cursor) {
    const isConfirmed = entry.wasBelow;
    entry.wasBelow = !isConfirmed;
    return isConfirmed;
  }
  entry.wasBelow = false;
  if (entry.compared || position.fingerprint === undefined) return false;
  const [found] = await relay.fetchBulletin({ after: position.cursor - 1n, limit: 1 }, { signal });
  entry.compared = true;
  return contradicts(position, found);
}

function cursorOf(entry: Entry): bigint {
  return entry.follower.position().cursor;
}

function ascending(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
