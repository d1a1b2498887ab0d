import type { SyncRequestFrame, SyncResponseFrame } from "../frame/frames.ts";
import { DEFAULT_PAGE_MESSAGES, MAX_PAGE_MESSAGES } from "../frame/limits.ts";
import { tryReadPeerId } from "../identity/peer-id.ts";
import type { ItemKey, MeshStore, StoredMessage } from "../store/port.ts";
import { type ComparedStore, compareRanges } from "./compare-ranges.ts";
import type { OcPageFrame, OcRangesFrame, OcSyncFrame } from "./sync-frames.ts";
import { MAX_SYNC_PAGE_BYTES } from "./sync-limits.ts";

/** Bytes of a page for a reference client: 60 bytes of question must not bring out many times more. */
const MAX_REFERENCE_PAGE_BYTES = 1024 * 1024;

const COMPARISON_BYTES = 16 * 1024;
const RANGE_BYTES = 2 * 1024;
const ITEM_BYTES = 64;

/**
 * Whether somebody may read a channel. A plain direct channel, `dm:<a>:<b>`, is for its two peers, once they have proven
 * their keys in this connection; one whose names are no keys is nobody's. All other channels are open (section 5.4).
 *
 * @param provenPeerId - Undefined for a remote that has proven nothing.
 */
export function mayRead(channelId: string, provenPeerId: string | undefined): boolean {
  if (!channelId.startsWith("dm:")) return true;
  const [, ...peers] = channelId.split(":");
  const areKeys = peers.length === 2 && peers.every((id) => tryReadPeerId(id) !== undefined);
  return areKeys && provenPeerId !== undefined && peers.includes(provenPeerId);
}

/**
 * A page as the reference gives it (section 4.1), oldest first, with one exception: existing reference clients always ask
 * for a hundred from the beginning, and would never see anything newer. Exactly that question gets the newest hundred.
 */
export function answerSyncRequest(
  store: Pick<MeshStore, "newest" | "pageAfter">,
  { afterMessageId, channelId, limit: asked }: SyncRequestFrame,
): SyncResponseFrame {
  const limit = Math.min(Math.max(asked, 1), MAX_PAGE_MESSAGES);
  const limits = { limit, maxBytes: MAX_REFERENCE_PAGE_BYTES };
  const isReferenceClient = afterMessageId === null && limit === DEFAULT_PAGE_MESSAGES;
  const page = isReferenceClient
    ? store.newest(channelId, limits)
    : store.pageAfter(channelId, afterMessageId, limits);
  const messages = page.map(({ message }) => message);
  return {
    type: "sync_response",
    channelId,
    messages,
    marks: messages.map(({ messageId, timestamp }) => ({ messageId, timestamp })),
    rows: messages.length,
  };
}

/** A page for a peer of ours (section 4.2). */
export function answerSync(
  store: Pick<MeshStore, "arrivedAfter" | "byItems" | "epoch">,
  frame: OcSyncFrame,
): OcPageFrame {
  const { channelId, request } = frame;
  const maxBytes = Math.min(frame.maxBytes, MAX_SYNC_PAGE_BYTES);
  const head = { type: "oc_page", request, channelId, epoch: store.epoch } as const;
  if (frame.by === "items") {
    const { looked, messages } = store.byItems(channelId, frame.items, maxBytes);
    const more = looked < frame.items.length;
    return { ...head, next: looked, more, messages: bare(messages) };
  }
  const after = frame.epoch === store.epoch ? frame.after : 0;
  // One more than is given would tell whether there is more; an empty page at the end costs less.
  const limits = { limit: MAX_PAGE_MESSAGES, maxBytes };
  const messages = store.arrivedAfter(channelId, after, limits);
  const next = messages.at(-1)?.arrival ?? after;
  return { ...head, next, more: messages.length > 0, messages: bare(messages) };
}

/**
 * What to say to ranges of a peer of ours (section 4.3), and what to fetch from it.
 *
 * @returns Undefined for ranges that break a rule, and for an answer: those are for the session that has asked.
 */
export function answerRanges(
  store: ComparedStore,
  frame: OcRangesFrame,
): { readonly answer: OcRangesFrame; readonly need: readonly ItemKey[] } | undefined {
  if (frame.answer) return undefined;
  try {
    const { from, need, ranges } = compareRanges(store, frame);
    return { answer: { ...frame, answer: true, from, ranges }, need };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * What it costs to compare ranges, in bytes served: some reads of the store for each range and each item, however short the
 * answer is. An honest comparison of a million messages stays below 64 MiB.
 */
export function comparisonCostOf({ ranges }: Pick<OcRangesFrame, "ranges">): number {
  let cost = COMPARISON_BYTES;
  for (const range of ranges) {
    if (range.kind === "sum") cost += RANGE_BYTES;
    else if (range.kind !== "same") cost += RANGE_BYTES + range.items.length * ITEM_BYTES;
  }
  return cost;
}

function bare(stored: readonly StoredMessage[]): OcPageFrame["messages"] {
  return stored.map(({ message }) => message);
}
