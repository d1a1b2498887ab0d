import { base64urlnopad } from "@scure/base";
import { malformed } from "../errors.ts";
import type { MeshMessage } from "../message/message.ts";
import { tryReadMessage } from "../message/wire.ts";
import type { ItemKey } from "../store/port.ts";
import type {
  OcPageFrame,
  OcRangesFrame,
  OcSyncFrame,
  RangeContent,
  SyncRange,
} from "../sync/sync-frames.ts";
import {
  MAX_EPOCH_LENGTH,
  MAX_REQUEST_NUMBER,
  MAX_SYNC_ITEMS,
  MAX_SYNC_RANGES,
} from "../sync/sync-limits.ts";
import { type Fields, isFields, kindOf, readArray, readCount, readText } from "./fields.ts";
import { MAX_CHANNEL_ID_LENGTH, MAX_PAGE_MESSAGES } from "./limits.ts";

const EPOCH = /^[A-Za-z0-9_-]+$/;
/** Base64url of 32 bytes, and the only way to write them. */
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/*
 * Catch-up between our own peers (sections 4.2 and 4.3). Unlike in a page of the reference nothing here is forgiven, except
 * for single messages: a later version may know rules of messages that we do not.
 */

/** @throws MeshError `malformed`. */
export function readOcSync(fields: Fields): OcSyncFrame {
  const head = { type: "oc_sync", ...readHead(fields) } as const;
  const maxBytes = Math.max(readCount(fields, "max_bytes"), 1);
  if (fields["by"] === "arrival") {
    const epoch = fields["epoch"] === null ? null : readEpoch(fields);
    return { ...head, by: "arrival", epoch, after: readCount(fields, "after"), maxBytes };
  }
  if (fields["by"] !== "items") throw malformed("by: expected arrival or items");
  const items = readPlaces(fields, MAX_SYNC_ITEMS);
  if (items.length === 0) throw malformed("items: empty");
  return { ...head, by: "items", items, maxBytes };
}

/** @throws MeshError `malformed`. */
export function readOcPage(fields: Fields): OcPageFrame {
  const head = readHead(fields);
  const messages: MeshMessage[] = [];
  for (const row of readArray(fields, "messages", MAX_PAGE_MESSAGES)) {
    const message = isFields(row) ? tryReadMessage(row) : undefined;
    if (message?.channelId === head.channelId) messages.push(message);
  }
  return {
    type: "oc_page",
    ...head,
    epoch: readEpoch(fields),
    next: readCount(fields, "next"),
    more: readFlag(fields, "more"),
    messages,
  };
}

/** @throws MeshError `malformed`: also for more items than a frame may have in all ranges together. */
export function readOcRanges(fields: Fields): OcRangesFrame {
  const ranges: SyncRange[] = [];
  let itemsLeft = MAX_SYNC_ITEMS;
  for (const range of readArray(fields, "ranges", MAX_SYNC_RANGES)) {
    if (!isFields(range)) throw malformed(`ranges: expected objects, got ${kindOf(range)}`);
    const content = readRangeContent(range, itemsLeft);
    if ("items" in content) itemsLeft -= content.items.length;
    ranges.push({ to: readPlaceOrEnd(range["to"]), ...content });
  }
  return {
    type: "oc_ranges",
    ...readHead(fields),
    answer: readFlag(fields, "answer"),
    from: readPlaceOrEnd(fields["from"]),
    ranges,
  };
}

function readRangeContent(range: Fields, maxItems: number): RangeContent {
  const { kind } = range;
  switch (kind) {
    case "same":
      return { kind };
    case "sum":
      return { kind, count: readCount(range, "count"), fingerprint: readDigest(range["sum"]) };
    case "items":
    case "offer":
      return { kind, items: readPlaces(range, maxItems) };
    default:
      throw malformed("kind: expected same, sum, items, or offer");
  }
}

function readHead(fields: Fields): { readonly request: number; readonly channelId: string } {
  return {
    request: readCount(fields, "request", MAX_REQUEST_NUMBER),
    channelId: readText(fields, "channel_id", MAX_CHANNEL_ID_LENGTH),
  };
}

function readPlaces(fields: Fields, maxItems: number): ItemKey[] {
  return readArray(fields, "items", maxItems).map(readPlace);
}

function readPlaceOrEnd(value: unknown): ItemKey | undefined {
  return value === null || value === undefined ? undefined : readPlace(value);
}

function readPlace(value: unknown): ItemKey {
  if (!Array.isArray(value) || value.length !== 2) {
    throw malformed("place: expected a timestamp and a digest");
  }
  const [timestamp, digest]: readonly unknown[] = value;
  return {
    timestampMs: readCount({ timestamp }, "timestamp"),
    digest: readDigest(digest),
  };
}

function readDigest(value: unknown): Uint8Array {
  if (typeof value !== "string" || !DIGEST.test(value)) {
    throw malformed("digest: expected base64url of 32 bytes");
  }
  return base64urlnopad.decode(value);
}

function readEpoch(fields: Fields): string {
  const epoch = readText(fields, "epoch", MAX_EPOCH_LENGTH);
  if (!EPOCH.test(epoch)) throw malformed("epoch: expected base64url");
  return epoch;
}

function readFlag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") throw malformed(`${name}: expected a flag, got ${kindOf(value)}`);
  return value;
}

/** The names and values of an {@link OcSyncFrame} on the wire. */
export function ocSyncFields(frame: OcSyncFrame): Fields {
  const { type, request, channelId, maxBytes } = frame;
  const asked =
    frame.by === "arrival"
      ? { by: frame.by, epoch: frame.epoch, after: frame.after }
      : { by: frame.by, items: frame.items.map(placeField) };
  return { type, request, channel_id: channelId, ...asked, max_bytes: maxBytes };
}

/** The names and values of an {@link OcRangesFrame} on the wire. */
export function ocRangesFields(frame: OcRangesFrame): Fields {
  return {
    type: frame.type,
    request: frame.request,
    channel_id: frame.channelId,
    answer: frame.answer,
    from: placeOrEndField(frame.from),
    ranges: frame.ranges.map(rangeFields),
  };
}

function rangeFields(range: SyncRange): Fields {
  const to = placeOrEndField(range.to);
  switch (range.kind) {
    case "same":
      return { to, kind: range.kind };
    case "sum": {
      const sum = base64urlnopad.encode(range.fingerprint);
      return { to, kind: range.kind, count: range.count, sum };
    }
    case "items":
    case "offer":
      return { to, kind: range.kind, items: range.items.map(placeField) };
    default:
      return range satisfies never;
  }
}

function placeOrEndField(place: ItemKey | undefined): unknown {
  return place === undefined ? null : placeField(place);
}

function placeField({ timestampMs, digest }: ItemKey): readonly [number, string] {
  return [timestampMs, base64urlnopad.encode(digest)];
}
