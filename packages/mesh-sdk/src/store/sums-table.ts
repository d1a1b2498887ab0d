import type { DatabaseSync } from "node:sqlite";
import type { Row, Statement } from "sdk-kit";
import { DigestSum } from "./digest-sum.ts";
import { startOf } from "./item-key.ts";
import type { ItemKey } from "./port.ts";
import { prepare, readBlob, readInteger } from "./schema.ts";

/**
 * Milliseconds in a bucket, by level: about 4 seconds and 17 minutes. With the sums of whole buckets at hand, comparing a
 * month takes some thousand rows at most, and what is read message by message is what a channel says in seconds.
 */
export const BUCKET_MS = [2 ** 12, 2 ** 20] as const;

export type Level = 0 | 1;
const LEVELS: readonly Level[] = [0, 1];

/** What begins at a place and is known as a whole. */
export interface Piece {
  readonly start: ItemKey;
  /** Undefined for a single message. */
  readonly level: Level | undefined;
  readonly count: number;
  /** The sum of its digests, {@link DigestSum}. */
  readonly sum: Uint8Array;
}

/** Sums of digests by spans of time, so that ranges need not be read message by message. */
export class SumsTable {
  readonly #pending = new Map<
    string,
    { readonly key: [number, Level, number]; readonly sum: DigestSum }
  >();
  readonly #select: Statement;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #selectSpan: Statement;

  constructor(database: DatabaseSync) {
    const where = "WHERE channel = ? AND level = ? AND bucket";
    this.#select = prepare(database, `SELECT messages, sum FROM sums ${where} = ?`);
    this.#put = prepare(
      database,
      "INSERT OR REPLACE INTO sums (channel, level, bucket, messages, sum) VALUES (?, ?, ?, ?, ?)",
    );
    this.#delete = prepare(database, `DELETE FROM sums ${where} = ?`);
    this.#selectSpan = prepare(
      database,
      `SELECT bucket, messages, sum FROM sums ${where} >= ? AND bucket < ? ORDER BY bucket`,
    );
  }

  add(channel: number, item: ItemKey): void {
    for (const sum of this.#sumsAt(channel, item)) sum.add(item.digest);
  }

  subtract(channel: number, item: ItemKey): void {
    for (const sum of this.#sumsAt(channel, item)) sum.subtract(item.digest);
  }

  /** Writes what was added and taken away. Inside of the same transaction; before it nothing is seen of it. */
  flush(): void {
    for (const { key, sum } of this.#pending.values()) {
      const row = this.#select.get(...key);
      if (row !== undefined) sum.add(readBlob(row, "sum"), readInteger(row, "messages"));
      if (sum.count === 0) this.#delete.run(...key);
      else this.#put.run(...key, sum.count, sum.bytes);
    }
    this.#pending.clear();
  }

  /** Drops what was not written, after a transaction that failed. */
  forget(): void {
    this.#pending.clear();
  }

  /** The buckets of a level from one (inclusive) to another (exclusive) that hold anything, in order. */
  buckets(channel: number, level: Level, from: number, to: number): readonly Piece[] {
    if (from >= to) return [];
    return this.#selectSpan.all(channel, level, from, to).map((row) => readPiece(row, level));
  }

  #sumsAt(channel: number, { timestampMs }: ItemKey): DigestSum[] {
    return LEVELS.map((level) => {
      const bucket = Math.floor(timestampMs / BUCKET_MS[level]);
      const name = `${channel} ${level} ${bucket}`;
      const found = this.#pending.get(name);
      if (found !== undefined) return found.sum;
      const sum = new DigestSum();
      this.#pending.set(name, { key: [channel, level, bucket], sum });
      return sum;
    });
  }
}

function readPiece(row: Row, level: Level): Piece {
  return {
    start: startOf(readInteger(row, "bucket") * BUCKET_MS[level]),
    level,
    count: readInteger(row, "messages"),
    sum: readBlob(row, "sum"),
  };
}
