import type { Clock } from "../clock.ts";
import type { SyncReport } from "../engine/engine.ts";
import { malformed } from "../errors.ts";
import type { SyncResponseFrame } from "../frame/frames.ts";
import type { MeshLink } from "../link/mesh-link.ts";
import type { MeshMessage } from "../message/message.ts";
import type { MeshLog, MeshTiming } from "../peer/types.ts";
import { startOf } from "../store/item-key.ts";
import type { ItemKey, MeshStore } from "../store/port.ts";
import { ItemFetch } from "../sync/item-fetch.ts";
import { PullSession } from "../sync/pull-session.ts";
import { ReferenceCatchUp } from "../sync/reference-catch-up.ts";
import type { OcPageFrame, OcRangesFrame } from "../sync/sync-frames.ts";
import { MAX_REQUEST_NUMBER } from "../sync/sync-limits.ts";
import type { SyncSession, SyncStep } from "../sync/sync-session.ts";
import { withoutKnown } from "../sync/without-known.ts";

/** Channels that are read from one neighbor at a time, and channels of which messages that it has named are fetched. */
const MAX_SESSIONS = 4;
/**
 * The same of all neighbors together: each holds up to 2,048 places that a neighbor has named, true or not, until it answers.
 * What has no room here is read by our own comparisons, which nobody else's names hold up.
 */
const MAX_FETCHES = 32;
/**
 * Reference stores that are read at a time, of those we have dialed and of those that have dialed us: a page of one may have
 * megabytes, and is held whole.
 */
const MAX_REFERENCE_SESSIONS = 8;
/** What is on its way just now comes by itself. */
const SETTLED_MS = 5_000;
/** A reference store is read from the beginning as often as this: it files late messages under early times. */
const FULL_SCANS = 6;
/** More than this is not pushed on to the neighbors, who are told to fetch it. */
const MAX_PUSHED = 200;

type Answer = SyncResponseFrame | OcPageFrame | OcRangesFrame;

export interface CatchUpDeps {
  readonly store: MeshStore;
  readonly clock: Clock;
  readonly timing: MeshTiming;
  readonly log: MeshLog;
  readonly isWorthReading: (linkId: string, channelId: string) => boolean;
  /** Whether we or any neighbor want a channel. */
  readonly isWanted: (channelId: string) => boolean;
  /**
   * Checks and stores messages of a page.
   *
   * @param mayPush - Whether what is new goes to the neighbors as news.
   * @returns How many were new, once all are on disk.
   */
  readonly takePage: (
    link: MeshLink,
    messages: readonly MeshMessage[],
    mayPush: boolean,
  ) => Promise<number>;
  /** Reading a channel from some neighbor has begun, or ended: then all that came is on disk. */
  readonly onReading: (channelId: string, is: "begun" | "ended") => void;
  /** So much of a channel was learned from a neighbor that the others were not sent it. */
  readonly onMuchLearned: (link: MeshLink, channelId: string) => void;
}

/** What one session waits for. */
interface Waiter {
  /** @returns Undefined for an answer to somebody else. */
  offer(answer: Answer): SyncStep | undefined;
  settle(step: SyncStep | undefined): void;
}

/** The reading from one neighbor. */
interface Reading {
  readonly waiters: Set<Waiter>;
  /** Channels to be read, in order, and whether all of each is to be compared. */
  readonly queue: Map<string, boolean>;
  /** Channels that were read since they are wanted. */
  readonly done: Set<string>;
  readonly running: Set<string>;
  /** Channels of which named messages are being fetched. */
  readonly fetching: Set<string>;
}

/** Reads from neighbors what they have and we have not (section 4): a few channels of each at a time, the rest in a queue. */
export class CatchUp {
  readonly #deps: CatchUpDeps;
  readonly #readings = new Map<MeshLink, Reading>();
  readonly #tasks = new Set<Promise<unknown>>();
  readonly #referenceSessions = { in: 0, out: 0 };
  #fetches = 0;
  #lastRequest = 0;

  constructor(deps: CatchUpDeps) {
    this.#deps = deps;
  }

  /**
   * Reads these channels soon, if they are worth it.
   *
   * @param options.again - Also those that were read already.
   * @param options.whole - Compares what came in the last seconds, too: it will not come by itself.
   */
  schedule(
    link: MeshLink,
    channelIds: Iterable<string>,
    options: { readonly again?: boolean; readonly whole?: boolean } = {},
  ): void {
    const { again = false, whole = false } = options;
    if (!link.isReady || (!link.isOurs && !link.remoteStores)) return;
    const reading = this.#readingOf(link);
    for (const channelId of channelIds) {
      if (!again && reading.done.has(channelId)) continue;
      reading.queue.set(channelId, whole || reading.queue.get(channelId) === true);
    }
    this.#advance(link, reading);
  }

  /** Nobody wants these channels any more: when somebody does, they are read anew. */
  drop(channelIds: readonly string[]): void {
    for (const { done, queue } of this.#readings.values()) {
      for (const channelId of channelIds) {
        done.delete(channelId);
        queue.delete(channelId);
      }
    }
  }

  /** Reads one channel now. */
  async sync(link: MeshLink, channelId: string, isWhole = false): Promise<SyncReport> {
    const { clock, store, timing } = this.#deps;
    const cursor = store.readCursor(link.peerId, channelId);
    const nowMs = clock.now();
    if (!link.isOurs) {
      const fullScanMs = FULL_SCANS * timing.syncMs;
      const session = new ReferenceCatchUp({ channelId, cursor, nowMs, fullScanMs });
      const offer = (answer: Answer): SyncStep | undefined =>
        answer.type === "sync_response" ? session.receive(answer) : undefined;
      return this.#drive(link, channelId, session, offer);
    }
    const session = new PullSession({
      channelId,
      store,
      cursor,
      settledTo: isWhole ? undefined : startOf(nowMs - SETTLED_MS),
      nextRequest: () => this.#nextRequest(),
    });
    const offer = (answer: Answer): SyncStep | undefined =>
      answer.type === "sync_response" ? undefined : session.receive(answer);
    return this.#drive(link, channelId, session, offer);
  }

  /** A neighbor has named messages that we lack. What there is no room to fetch comes up with the next comparison. */
  fetch(link: MeshLink, channelId: string, items: readonly ItemKey[]): void {
    if (items.length === 0 || !this.#deps.isWanted(channelId)) return;
    const { fetching } = this.#readingOf(link);
    const isFull = fetching.size >= MAX_SESSIONS || this.#fetches >= MAX_FETCHES;
    if (isFull || fetching.has(channelId)) return;
    const session = new ItemFetch({ channelId, items, nextRequest: () => this.#nextRequest() });
    const offer = (answer: Answer): SyncStep | undefined =>
      answer.type === "oc_page" ? session.receive(answer) : undefined;
    fetching.add(channelId);
    this.#fetches += 1;
    const task = this.#drive(link, channelId, session, offer).finally(() => {
      fetching.delete(channelId);
      this.#fetches -= 1;
    });
    this.#own(task);
  }

  /** An answer came. @throws MeshError `malformed` for a page of a reference store that nobody has asked for. */
  take(link: MeshLink, answer: Answer): void {
    for (const waiter of this.#readings.get(link)?.waiters ?? []) {
      const step = waiter.offer(answer);
      if (step === undefined) continue;
      waiter.settle(step);
      return;
    }
    if (answer.type === "sync_response") throw malformed("sync_response: nobody has asked for it");
  }

  /** The link is gone: what waits for it ends. */
  forget(link: MeshLink): void {
    const reading = this.#readings.get(link);
    this.#readings.delete(link);
    for (const waiter of reading?.waiters ?? []) waiter.settle(undefined);
  }

  /** Resolves when nothing is being read any more; links must have been forgotten. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#tasks);
  }

  #advance(link: MeshLink, reading: Reading): void {
    for (const [channelId, isWhole] of reading.queue) {
      if (reading.running.size >= MAX_SESSIONS) return;
      if (!link.isOurs && this.#referenceSessions[link.direction] >= MAX_REFERENCE_SESSIONS) return;
      if (reading.running.has(channelId)) continue;
      reading.queue.delete(channelId);
      if (!this.#deps.isWorthReading(link.linkId, channelId)) continue;
      reading.done.add(channelId);
      this.#start(link, reading, channelId, isWhole);
    }
  }

  #start(link: MeshLink, reading: Reading, channelId: string, isWhole: boolean): void {
    reading.running.add(channelId);
    if (!link.isOurs) this.#referenceSessions[link.direction] += 1;
    const task = this.sync(link, channelId, isWhole).finally(() => {
      reading.running.delete(channelId);
      if (link.isOurs) {
        this.#advance(link, reading);
        return;
      }
      this.#referenceSessions[link.direction] -= 1;
      // Whoever has waited for the place longest stands first.
      for (const [other, waiting] of this.#readings) this.#advance(other, waiting);
    });
    this.#own(task);
  }

  async #drive(
    link: MeshLink,
    channelId: string,
    session: SyncSession<never>,
    offer: Waiter["offer"],
  ): Promise<SyncReport> {
    const { onReading } = this.#deps;
    onReading(channelId, "begun");
    try {
      return await this.#read(link, channelId, session, offer);
    } finally {
      onReading(channelId, "ended");
    }
  }

  async #read(
    link: MeshLink,
    channelId: string,
    session: SyncSession<never>,
    offer: Waiter["offer"],
  ): Promise<SyncReport> {
    const { log, onMuchLearned, store, takePage } = this.#deps;
    let received = 0;
    let cursor = store.readCursor(link.peerId, channelId);
    for (;;) {
      const question = session.next();
      if (question === undefined || !this.#readings.has(link)) break;
      const answered = this.#waitFor(link, offer);
      const pageCame = link.isOurs ? undefined : link.expectPage();
      link.send(question);
      const step = await answered;
      pageCame?.();
      if (step === undefined) break;
      const unknown = withoutKnown(store, channelId, step.messages);
      received += await takePage(link, unknown, received < MAX_PUSHED);
      if (step.cursor === undefined || step.cursor === cursor) continue;
      // A write waits for the disk, and strangers can make us look at channels in which there is nothing.
      if (cursor === undefined && step.messages.length === 0) continue;
      store.writeCursor(link.peerId, channelId, step.cursor);
      cursor = step.cursor;
    }
    if (received >= MAX_PUSHED) onMuchLearned(link, channelId);
    const isComplete = session.end === "complete";
    if (!isComplete && session.end !== undefined) {
      log.warn(`mesh: a neighbor's store was not read to the end: ${session.end}`);
    }
    return { received, complete: isComplete };
  }

  /** Resolves with the answer; undefined when none comes in time, or the link is gone. */
  async #waitFor(link: MeshLink, offer: Waiter["offer"]): Promise<SyncStep | undefined> {
    const { promise, resolve } = Promise.withResolvers<SyncStep | undefined>();
    const { waiters } = this.#readingOf(link);
    const waiter: Waiter = { offer, settle: resolve };
    const timer = setTimeout(() => resolve(undefined), this.#deps.timing.answerMs);
    waiters.add(waiter);
    const step = await promise;
    clearTimeout(timer);
    waiters.delete(waiter);
    return step;
  }

  #own(task: Promise<unknown>): void {
    const { log } = this.#deps;
    const owned: Promise<unknown> = task
      // A store that is closed or full says so where messages are written; here it ends the reading.
      .catch(() => log.warn("mesh: reading a neighbor's store failed"))
      .finally(() => this.#tasks.delete(owned));
    this.#tasks.add(owned);
  }

  #readingOf(link: MeshLink): Reading {
    const known = this.#readings.get(link);
    if (known !== undefined) return known;
    const reading: Reading = {
      waiters: new Set(),
      queue: new Map(),
      done: new Set(),
      running: new Set(),
      fetching: new Set(),
    };
    this.#readings.set(link, reading);
    return reading;
  }

  #nextRequest(): number {
    this.#lastRequest = this.#lastRequest >= MAX_REQUEST_NUMBER ? 1 : this.#lastRequest + 1;
    return this.#lastRequest;
  }
}
