import type { DatabaseSync } from "node:sqlite";
import type { Statement } from "sdk-kit";
import type { ItemKey } from "./port.ts";
import { prepare } from "./schema.ts";

/** Digests that are remembered; those of the oldest messages give way. */
const MAX_DROPPED = 20_000;

/**
 * Messages that lost a conflict, or are of a sender that has filled its share since: they are not fetched again with every
 * comparison. Forgetting one is no harm: it would be refused again.
 */
export class DroppedTable {
  readonly #insert: Statement;
  readonly #has: Statement;
  readonly #pruneByTime: Statement;
  readonly #pruneByCount: Statement;

  constructor(database: DatabaseSync) {
    this.#insert = prepare(
      database,
      "INSERT OR IGNORE INTO dropped (digest, timestamp_ms) VALUES (?, ?)",
    );
    this.#has = prepare(database, "SELECT 1 FROM dropped WHERE digest = ?");
    this.#pruneByTime = prepare(database, "DELETE FROM dropped WHERE timestamp_ms <= ?");
    this.#pruneByCount = prepare(
      database,
      `DELETE FROM dropped WHERE digest IN
       (SELECT digest FROM dropped ORDER BY timestamp_ms DESC LIMIT -1 OFFSET ?)`,
    );
  }

  add({ digest, timestampMs }: ItemKey): void {
    this.#insert.run(digest, timestampMs);
  }

  has(digest: Uint8Array): boolean {
    return this.#has.get(digest) !== undefined;
  }

  /** Inside of a transaction. */
  prune(floorMs: number): void {
    this.#pruneByTime.run(floorMs);
    this.#pruneByCount.run(MAX_DROPPED);
  }
}
