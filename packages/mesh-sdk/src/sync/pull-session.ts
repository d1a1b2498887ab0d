import type { ItemKey } from "../store/port.ts";
import { areAllSame, beginRanges, type ComparedStore, compareRanges } from "./compare-ranges.ts";
import { ItemFetch } from "./item-fetch.ts";
import type { OcPageFrame, OcRangesFrame, OcSyncFrame } from "./sync-frames.ts";
import { MAX_SYNC_PAGE_BYTES } from "./sync-limits.ts";
import type { SyncEnd, SyncSession, SyncStep } from "./sync-session.ts";

/** Answers in one session: some four million messages by arrival. */
const MAX_PAGES = 20_000;
/** A million messages that differ take some five hundred. */
const MAX_ROUNDS = 1_024;
const CURSOR = /^([A-Za-z0-9_-]{1,64}):([0-9]{1,16})$/;

export interface PullOptions {
  readonly channelId: string;
  readonly store: ComparedStore;
  /** What an earlier session with this peer and channel has left. */
  readonly cursor: string | undefined;
  /** Compares what lies before this place; undefined for everything. What is on its way just now is no difference. */
  readonly settledTo: ItemKey | undefined;
  /** A number that no other request on this link has at the time. */
  readonly nextRequest: () => number;
}

/**
 * Reads a channel from another peer of ours: first what has arrived there since the last time (section 4.2), then what
 * differs all the same (section 4.3). What the other lacks it is told on the way, and fetches by itself.
 */
export class PullSession implements SyncSession<OcPageFrame | OcRangesFrame> {
  readonly #options: PullOptions;
  #phase: "arrivals" | "ranges" = "arrivals";
  #place: { epoch: string | null; after: number };
  #request: number | undefined;
  #fetch: ItemFetch | undefined;
  /** What to say next, kept while messages are being fetched: it is about other ranges than they are. */
  #ranges: Pick<OcRangesFrame, "from" | "ranges"> | undefined;
  #pages = 0;
  #rounds = 0;
  #end: SyncEnd | undefined;

  constructor(options: PullOptions) {
    this.#options = options;
    this.#place = parseCursor(options.cursor);
  }

  get end(): SyncEnd | undefined {
    return this.#end;
  }

  next(): OcSyncFrame | OcRangesFrame | undefined {
    if (this.#end !== undefined) return undefined;
    if (this.#fetch !== undefined) return this.#fetch.next();
    const { channelId, nextRequest, settledTo, store } = this.#options;
    const request = nextRequest();
    this.#request = request;
    if (this.#phase === "arrivals") {
      return {
        type: "oc_sync",
        request,
        channelId,
        maxBytes: MAX_SYNC_PAGE_BYTES,
        by: "arrival",
        ...this.#place,
      };
    }
    const ranges = this.#ranges ?? beginRanges(store, channelId, settledTo);
    if (ranges === undefined) {
      this.#end = "complete";
      return undefined;
    }
    return { type: "oc_ranges", request, channelId, answer: false, ...ranges };
  }

  receive(answer: OcPageFrame | OcRangesFrame): SyncStep | undefined {
    if (answer.channelId !== this.#options.channelId || this.#end !== undefined) return undefined;
    if (answer.type === "oc_page") {
      return this.#fetch === undefined ? this.#takeArrivals(answer) : this.#takeItems(answer);
    }
    return this.#takeRanges(answer);
  }

  #takeArrivals(page: OcPageFrame): SyncStep | undefined {
    if (this.#phase !== "arrivals" || page.request !== this.#request) return undefined;
    this.#request = undefined;
    const { after, epoch } = this.#place;
    const isSame = page.epoch === epoch;
    // Of a store that has changed everything is new, and counted from nothing.
    const known = isSame ? after : 0;
    const isHonest = page.next >= known && (!page.more || page.next > known);
    if (!isHonest) {
      this.#end = "no_progress";
      return { messages: [] };
    }
    this.#place = { epoch: page.epoch, after: page.next };
    this.#pages += 1;
    if (!page.more) this.#phase = "ranges";
    else if (this.#pages >= MAX_PAGES) this.#end = "too_much";
    return { messages: page.messages, cursor: `${page.epoch}:${page.next}` };
  }

  #takeItems(page: OcPageFrame): SyncStep | undefined {
    const step = this.#fetch?.receive(page);
    const end = this.#fetch?.end;
    if (end === undefined) return step;
    this.#fetch = undefined;
    if (end !== "complete") this.#end = end;
    else if (this.#ranges === undefined) this.#end = "complete";
    return step;
  }

  #takeRanges(frame: OcRangesFrame): SyncStep | undefined {
    const isOurs = frame.answer && this.#phase === "ranges" && frame.request === this.#request;
    if (!isOurs) return undefined;
    this.#request = undefined;
    this.#rounds += 1;
    const { channelId, nextRequest, store } = this.#options;
    try {
      const { from, need, ranges } = compareRanges(store, frame);
      const isDone = areAllSame(ranges);
      this.#ranges = isDone ? undefined : { from, ranges };
      if (need.length > 0) this.#fetch = new ItemFetch({ channelId, items: need, nextRequest });
      else if (isDone) this.#end = "complete";
      if (!isDone && this.#rounds >= MAX_ROUNDS) this.#end = "too_much";
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#end = "malformed";
    }
    return { messages: [] };
  }
}

function parseCursor(cursor: string | undefined): { epoch: string | null; after: number } {
  const [, epoch, after] = CURSOR.exec(cursor ?? "") ?? [];
  const isWhole = epoch !== undefined && Number.isSafeInteger(Number(after));
  return isWhole ? { epoch, after: Number(after) } : { epoch: null, after: 0 };
}
