import type { PageMark, SyncRequestFrame, SyncResponseFrame } from "../frame/frames.ts";
import { MAX_MESSAGE_ID_LENGTH, MAX_PAGE_MESSAGES } from "../frame/limits.ts";
import type { SyncEnd, SyncSession, SyncStep } from "./sync-session.ts";

/** Places to resume from, one for each of the last pages. */
const MAX_ANCHORS = 8;
/** Five million messages. */
const MAX_PAGES = 10_000;

export interface CatchUpOptions {
  readonly channelId: string;
  /** What an earlier session with this peer and channel has left. */
  readonly cursor: string | undefined;
  readonly nowMs: number;
  /** Reads everything again when it is longer ago: who was away sends messages with earlier timestamps later. */
  readonly fullScanMs: number;
}

/**
 * Reads a channel from a store of the reference (section 4.1), which pages by "timestamp later than that of a message".
 * Pages overlap: each is asked for after the last message that is earlier than the page's end, so that messages of one
 * timestamp are not cut in two. The last page brings nothing that was not seen before.
 */
export class ReferenceCatchUp implements SyncSession<SyncResponseFrame> {
  readonly #channelId: string;
  readonly #nowMs: number;
  /** Message ids, the newest first; undefined places are what the store may have forgotten. */
  #anchors: readonly string[];
  #fullScanAtMs: number;
  #after: string | null;
  #isFullScan: boolean;
  /** No page has come yet: an empty one may mean that the store does not know the id. */
  #isResuming = true;
  #isAsked = false;
  #overlap: ReadonlySet<string> = new Set();
  readonly #asked = new Set<string | null>();
  #end: SyncEnd | undefined;

  constructor({ channelId, cursor, fullScanMs, nowMs }: CatchUpOptions) {
    this.#channelId = channelId;
    this.#nowMs = nowMs;
    const known = parseCursor(cursor);
    this.#anchors = known.anchors;
    this.#fullScanAtMs = known.fullScanAtMs;
    // A clock that was set back must not put the next one off for ever.
    const isDue = Math.abs(nowMs - known.fullScanAtMs) >= fullScanMs;
    this.#after = isDue ? null : (known.anchors[0] ?? null);
    this.#isFullScan = this.#after === null;
  }

  get end(): SyncEnd | undefined {
    return this.#end;
  }

  next(): SyncRequestFrame | undefined {
    if (this.#end !== undefined) return undefined;
    this.#isAsked = true;
    this.#asked.add(this.#after);
    return {
      type: "sync_request",
      channelId: this.#channelId,
      afterMessageId: this.#after,
      limit: MAX_PAGE_MESSAGES,
    };
  }

  receive(page: SyncResponseFrame): SyncStep | undefined {
    if (!this.#isAsked || page.channelId !== this.#channelId) return undefined;
    this.#isAsked = false;
    const { marks } = page;
    if (marks.length === 0) return this.#takeEmpty(page.rows);
    const isFresh = marks.some(({ messageId }) => !this.#overlap.has(messageId));
    const anchor = marks.findLastIndex(({ timestamp }) => timestamp !== marks.at(-1)?.timestamp);
    this.#isResuming = false;
    if (!isFresh) this.#finish("complete");
    else if (anchor === -1) {
      // One timestamp only, and there is no asking for what comes after some of it.
      this.#finish(page.rows < MAX_PAGE_MESSAGES ? "complete" : "equal_timestamps");
    } else {
      this.#goOn(marks, anchor);
    }
    return { messages: page.messages, cursor: this.#cursor() };
  }

  #takeEmpty(rows: number): SyncStep {
    if (rows > 0) {
      this.#finish("malformed");
    } else if (this.#after === null) {
      this.#finish("complete");
    } else if (this.#isResuming) {
      this.#anchors = this.#anchors.slice(1);
      this.#after = this.#anchors[0] ?? null;
      this.#isFullScan = this.#after === null;
    } else {
      this.#finish("no_progress");
    }
    return { messages: [], cursor: this.#cursor() };
  }

  #goOn(marks: readonly PageMark[], anchor: number): void {
    const after = marks[anchor]?.messageId;
    if (after === undefined || this.#asked.has(after)) {
      this.#finish("no_progress");
      return;
    }
    if (this.#asked.size >= MAX_PAGES) {
      this.#finish("too_much");
      return;
    }
    this.#after = after;
    this.#overlap = new Set(marks.slice(anchor + 1).map(({ messageId }) => messageId));
    this.#anchors = [after, ...this.#anchors.filter((id) => id !== after)].slice(0, MAX_ANCHORS);
  }

  #finish(end: SyncEnd): void {
    this.#end = end;
    if (end === "complete" && this.#isFullScan) this.#fullScanAtMs = this.#nowMs;
  }

  #cursor(): string {
    return JSON.stringify({ anchors: this.#anchors, fullScanAtMs: this.#fullScanAtMs });
  }
}

/** Our own text; anything else is as good as none. */
function parseCursor(cursor: string | undefined): { anchors: string[]; fullScanAtMs: number } {
  const none = { anchors: [], fullScanAtMs: Number.MIN_SAFE_INTEGER };
  if (cursor === undefined) return none;
  try {
    const value: unknown = JSON.parse(cursor);
    if (typeof value !== "object" || value === null) return none;
    if (!("anchors" in value && Array.isArray(value.anchors))) return none;
    if (!("fullScanAtMs" in value && typeof value.fullScanAtMs === "number")) return none;
    const anchors = value.anchors.filter(
      (id) => typeof id === "string" && id.length > 0 && id.length <= MAX_MESSAGE_ID_LENGTH,
    );
    return { anchors: anchors.slice(0, MAX_ANCHORS), fullScanAtMs: value.fullScanAtMs };
  } catch {
    return none;
  }
}
