import { compareItems, nameOf, startOf } from "../store/item-key.ts";
import type { ItemKey, ItemRange, MeshStore, RangeSummary } from "../store/port.ts";
import type { OcRangesFrame, RangeContent, SyncRange } from "./sync-frames.ts";
import { MAX_SYNC_ITEMS, MAX_SYNC_RANGES } from "./sync-limits.ts";

/** Parts that a range is divided into where it differs. */
const PARTS = 16;
/** So few messages are named rather than divided further. */
const FEW_ITEMS = 64;

/** What comparing needs of a store. */
export type ComparedStore = Pick<
  MeshStore,
  "floorMs" | "items" | "lacking" | "summarize" | "summarizeParts"
>;

/** What follows from the ranges that the other has sent. */
export interface Comparison {
  /** Places of messages that the other has and we lack: to be fetched by `oc_sync` with `by: "items"`. */
  readonly need: readonly ItemKey[];
  /** What to say in return; all `same` when nothing is left to say. */
  readonly from: ItemKey | undefined;
  readonly ranges: readonly SyncRange[];
}

/**
 * The first ranges of a comparison: one for everything that we would still take, up to a place. Undefined when we would take
 * nothing so old.
 */
export function beginRanges(
  store: ComparedStore,
  channelId: string,
  to: ItemKey | undefined,
): Pick<Comparison, "from" | "ranges"> | undefined {
  const from = startOf(store.floorMs(channelId) + 1);
  if (to !== undefined && compareItems(from, to) >= 0) return undefined;
  const summary = store.summarize(channelId, { from, to });
  return { from, ranges: [{ to, kind: "sum", ...summary }] };
}

/**
 * Answers ranges (section 4.3). Both sides do the same, and nothing is kept between two frames: what follows from a frame
 * stands in it. What does not fit into the answer is left as one sum, and comes up again when it is compared.
 *
 * @throws RangeError for ranges that overlap or are out of order, and for items outside of their range.
 */
export function compareRanges(
  store: ComparedStore,
  frame: Pick<OcRangesFrame, "channelId" | "from" | "ranges">,
): Comparison {
  assertInOrder(frame);
  const answer = new Answer(store, frame);
  const floor = startOf(store.floorMs(frame.channelId) + 1);
  let from = frame.from;
  for (const range of frame.ranges) {
    const isBelow = range.to !== undefined && compareItems(range.to, floor) <= 0;
    // What we would not take, and may have deleted, is no difference.
    if (isBelow) answer.say(range.to, { kind: "same" });
    else if (from !== undefined && compareItems(from, floor) >= 0) answer.settle(from, range);
    else answer.settle(answer.skipTo(floor), withoutBelow(range, floor));
    if (answer.isFull) break;
    from = range.to;
  }
  return answer.finish();
}

/** True when nothing is left to compare. */
export function areAllSame(ranges: readonly SyncRange[]): boolean {
  return ranges.every(({ kind }) => kind === "same");
}

/** Gathers what to say, within the bounds of one frame. */
class Answer {
  readonly #store: ComparedStore;
  readonly #channelId: string;
  readonly #from: ItemKey | undefined;
  readonly #end: ItemKey | undefined;
  readonly #need: ItemKey[] = [];
  readonly #ranges: SyncRange[] = [];
  #items = 0;
  isFull = false;

  constructor(
    store: ComparedStore,
    { channelId, from, ranges }: Pick<OcRangesFrame, "channelId" | "from" | "ranges">,
  ) {
    this.#store = store;
    this.#channelId = channelId;
    this.#from = from;
    this.#end = ranges.at(-1)?.to;
  }

  /** Says something of the range from the end of the last one to here. */
  say(to: ItemKey | undefined, content: RangeContent): void {
    const last = this.#ranges.at(-1);
    if (content.kind === "same" && last?.kind === "same") this.#ranges.pop();
    this.#ranges.push({ to, ...content });
    if (content.kind === "items" || content.kind === "offer") this.#items += content.items.length;
  }

  skipTo(place: ItemKey): ItemKey {
    this.say(place, { kind: "same" });
    return place;
  }

  /** Takes from a range what we lack, and says what the other needs to know of it. */
  settle(from: ItemKey, { to, ...content }: SyncRange): void {
    if (this.#isShort(PARTS, FEW_ITEMS)) {
      this.#leaveRest(from);
    } else if (content.kind === "same") {
      this.say(to, { kind: "same" });
    } else if (content.kind === "sum") {
      this.#settleSum({ from, to }, content);
    } else {
      this.#need.push(...this.#store.lacking(this.#channelId, content.items));
      if (content.kind === "items") this.#offer({ from, to }, content.items);
      else this.say(to, { kind: "same" });
    }
  }

  finish(): Comparison {
    return { need: this.#need, from: this.#from, ranges: this.#ranges };
  }

  #settleSum(range: ItemRange, theirs: RangeSummary): void {
    const { to } = range;
    const ours = this.#store.summarize(this.#channelId, range);
    const isEqual =
      ours.count === theirs.count && Buffer.compare(ours.fingerprint, theirs.fingerprint) === 0;
    if (isEqual) {
      this.say(to, { kind: "same" });
    } else if (theirs.count === 0) {
      this.#offer(range, []);
    } else if (ours.count <= FEW_ITEMS) {
      const items = this.#store.items(this.#channelId, range, FEW_ITEMS);
      this.say(to, { kind: "items", items });
    } else {
      for (const part of this.#store.summarizeParts(this.#channelId, range, PARTS)) {
        this.say(part.to, { kind: "sum", count: part.count, fingerprint: part.fingerprint });
      }
    }
  }

  /** Names what the other has not named. What does not fit is left for later. */
  #offer({ from, to }: ItemRange, theirs: readonly ItemKey[]): void {
    const known = new Set(theirs.map(nameOf));
    const room = MAX_SYNC_ITEMS - this.#items;
    const ours = this.#store.items(this.#channelId, { from, to }, room + known.size + 1);
    const missing = ours.filter((item) => !known.has(nameOf(item)));
    const first = missing[room];
    const isWhole = first === undefined;
    const items = missing.slice(0, room);
    const content =
      items.length === 0 ? ({ kind: "same" } as const) : ({ kind: "offer", items } as const);
    this.say(isWhole ? to : first, content);
    if (!isWhole) this.#leaveRest(first);
  }

  /** One sum for all that was not looked at. */
  #leaveRest(from: ItemKey): void {
    const to = this.#end;
    this.say(to, { kind: "sum", ...this.#store.summarize(this.#channelId, { from, to }) });
    this.isFull = true;
  }

  /** Whether the next range might not fit, with one to spare for the rest. */
  #isShort(ranges: number, items: number): boolean {
    return (
      this.#ranges.length + ranges + 2 > MAX_SYNC_RANGES || this.#items + items > MAX_SYNC_ITEMS
    );
  }
}

function withoutBelow(range: SyncRange, floor: ItemKey): SyncRange {
  // The sum covers more than what we compare it with, so it differs, and the range is looked at again from the floor on.
  if (range.kind === "sum" || range.kind === "same") return range;
  return { ...range, items: range.items.filter((item) => compareItems(item, floor) >= 0) };
}

/** @throws RangeError. */
function assertInOrder({ from, ranges }: Pick<OcRangesFrame, "from" | "ranges">): void {
  let start = from;
  for (const [index, range] of ranges.entries()) {
    const { to } = range;
    const isLast = index === ranges.length - 1;
    if (to === undefined && !isLast) throw new RangeError("ranges: one follows the end");
    if (start !== undefined && to !== undefined && compareItems(start, to) >= 0) {
      throw new RangeError("ranges: one ends before it begins");
    }
    const items = range.kind === "items" || range.kind === "offer" ? range.items : [];
    for (const item of items) {
      const isBefore = start !== undefined && compareItems(item, start) < 0;
      const isAfter = to !== undefined && compareItems(item, to) >= 0;
      if (isBefore || isAfter) throw new RangeError("ranges: an item lies outside of its range");
    }
    start = to;
  }
}
