import type { MeshMessage } from "../message/message.ts";
import type { ItemKey, RangeSummary } from "../store/port.ts";

/*
 * The frames by which two peers of ours compare what they have (sections 4.2 and 4.3), after their form was checked. The
 * reference ignores them. On the wire a place ({@link ItemKey}) is `[timestampMs, digest]` and bytes are base64url without
 * padding, so that a digest has 43 characters; limits stand in sync-limits.ts.
 */

/**
 * Asks for messages of a channel. On the wire, by arrival:
 * `{type, request, channel_id, by: "arrival", epoch: string | null, after: number, max_bytes: number}`,
 * and by their places: `{type, request, channel_id, by: "items", items: [[timestampMs, digest], …], max_bytes: number}`.
 */
export type OcSyncFrame = OcSyncByArrivalFrame | OcSyncByItemsFrame;

interface OcSyncHead {
  readonly type: "oc_sync";
  /** Chosen by who asks, from 0 to 2^31 - 1; the answer repeats it. */
  readonly request: number;
  readonly channelId: string;
  /** Bytes of messages that the answer may hold; a larger single message comes alone. A whole number of at least 1. */
  readonly maxBytes: number;
}

interface OcSyncByArrivalFrame extends OcSyncHead {
  readonly by: "arrival";
  /** Of the store that `after` counts in, 1 to 64 of `A-Z a-z 0-9 _ -`; null when nothing is known of it. */
  readonly epoch: string | null;
  /** The last arrival number known; 0 for none. A whole number, not negative, safe. */
  readonly after: number;
}

interface OcSyncByItemsFrame extends OcSyncHead {
  readonly by: "items";
  /** At least one, at most 2,048. */
  readonly items: readonly ItemKey[];
}

/**
 * Answers an {@link OcSyncFrame}. On the wire:
 * `{type, request, channel_id, epoch: string, next: number, more: boolean, messages: [message, …]}`, a message being the
 * object of a `message` frame without its `type`, with its signature where one is stored.
 */
export interface OcPageFrame {
  readonly type: "oc_page";
  readonly request: number;
  readonly channelId: string;
  readonly epoch: string;
  /** By arrival: the number to go on after. By items: how many of the items asked for were looked up. */
  readonly next: number;
  /** Whether asking again, from `next`, gives more. */
  readonly more: boolean;
  /** The well-formed ones of this channel. */
  readonly messages: readonly MeshMessage[];
}

/**
 * Compares ranges, which follow one another without a gap: each begins where the one before it ended, the first at `from`.
 * On the wire: `{type, request, channel_id, answer: boolean, from: place | null, ranges: [range, …]}`, a range being
 * `{to: place | null, kind: "same"}`, `{to, kind: "sum", count, sum}` (a digest of 43 characters),
 * `{to, kind: "items", items}`, or `{to, kind: "offer", items}`. At most 512 ranges and 2,048 items in all of them.
 */
export interface OcRangesFrame {
  readonly type: "oc_ranges";
  readonly request: number;
  readonly channelId: string;
  /** False from who began, true from who answers: both may have begun, with the same number. */
  readonly answer: boolean;
  /** Where the first range begins (inclusive); undefined for the very beginning. */
  readonly from: ItemKey | undefined;
  readonly ranges: readonly SyncRange[];
}

/** Where it ends (exclusive), undefined for the very end, and what the speaker knows of it. */
export type SyncRange = { readonly to: ItemKey | undefined } & RangeContent;

/**
 * - `same`: nothing left to say.
 * - `sum`: count and fingerprint of what the speaker has; the other compares.
 * - `items`: all that the speaker has; the other takes from it, and answers with an offer.
 * - `offer`: what the speaker has and the other has not; no answer is needed.
 */
export type RangeContent =
  | { readonly kind: "same" }
  | ({ readonly kind: "sum" } & RangeSummary)
  | { readonly kind: "items" | "offer"; readonly items: readonly ItemKey[] };
