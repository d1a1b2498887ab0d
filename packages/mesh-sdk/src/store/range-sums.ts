import { DigestSum } from "./digest-sum.ts";
import { startOf } from "./item-key.ts";
import type { ItemKey, ItemRange, RangePart, RangeSummary } from "./port.ts";
import { BUCKET_MS, type Level, type Piece } from "./sums-table.ts";

const FINE_MS = BUCKET_MS[0];
const FINE_PER_COARSE = BUCKET_MS[1] / BUCKET_MS[0];

/** Where the pieces of one channel come from. */
export interface PieceSource {
  /** Single messages of a range, in order. */
  items(range: ItemRange): Iterable<Piece>;
  /** Whole buckets that hold anything, from one (inclusive) to another (exclusive), in order. */
  buckets(level: Level, from: number, to: number): Iterable<Piece>;
}

/** Count and fingerprint of a range (section 4.3). */
export function sumRange(source: PieceSource, range: ItemRange): RangeSummary {
  const total = new DigestSum();
  for (const piece of piecesOf(source, range)) total.add(piece.sum, piece.count);
  return { count: total.count, fingerprint: total.bytes };
}

/**
 * Divides a range into at most `parts`, each of less than twice its share of the messages. Two messages or more always
 * make at least two parts, so that dividing comes to an end.
 */
export function sumParts(
  source: PieceSource,
  range: ItemRange,
  parts: number,
): readonly RangePart[] {
  const share = Math.max(1, Math.ceil(sumRange(source, range).count / parts));
  const done: RangePart[] = [];
  let open = new DigestSum();
  for (const piece of divided(source, piecesOf(source, range), share)) {
    if (open.count >= share) {
      done.push({ to: piece.start, count: open.count, fingerprint: open.bytes });
      open = new DigestSum();
    }
    open.add(piece.sum, piece.count);
  }
  return [...done, { to: range.to, count: open.count, fingerprint: open.bytes }];
}

/** Takes pieces that are larger than a share apart, down to single messages. */
function* divided(source: PieceSource, pieces: Iterable<Piece>, share: number): Generator<Piece> {
  for (const piece of pieces) {
    if (piece.level === undefined || piece.count <= share) {
      yield piece;
    } else if (piece.level === 1) {
      const first = piece.start.timestampMs / FINE_MS;
      yield* divided(source, source.buckets(0, first, first + FINE_PER_COARSE), share);
    } else {
      yield* source.items({ from: piece.start, to: startOf(piece.start.timestampMs + FINE_MS) });
    }
  }
}

/** A range as few pieces: single messages at its ends, small buckets towards its middle, large ones inside. */
function* piecesOf(source: PieceSource, { from, to }: ItemRange): Generator<Piece> {
  const fineFrom = from === undefined ? -Infinity : firstWholeBucket(from);
  const fineTo = to === undefined ? Infinity : Math.floor(to.timestampMs / FINE_MS);
  if (fineFrom >= fineTo) {
    yield* source.items({ from, to });
    return;
  }
  const coarseFrom = Math.ceil(fineFrom / FINE_PER_COARSE);
  const coarseTo = Math.floor(fineTo / FINE_PER_COARSE);
  if (from !== undefined) yield* source.items({ from, to: startOf(fineFrom * FINE_MS) });
  if (coarseFrom >= coarseTo) {
    yield* source.buckets(0, fineFrom, fineTo);
  } else {
    yield* source.buckets(0, fineFrom, coarseFrom * FINE_PER_COARSE);
    yield* source.buckets(1, coarseFrom, coarseTo);
    yield* source.buckets(0, coarseTo * FINE_PER_COARSE, fineTo);
  }
  if (to !== undefined) yield* source.items({ from: startOf(fineTo * FINE_MS), to });
}

function firstWholeBucket({ timestampMs, digest }: ItemKey): number {
  const isStart = timestampMs % FINE_MS === 0 && digest.every((byte) => byte === 0);
  return Math.floor(timestampMs / FINE_MS) + (isStart ? 0 : 1);
}
