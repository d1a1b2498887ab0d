import type { DatabaseSync, StatementSync } from "node:sqlite";
import { readBlob, readInteger } from "./database.ts";
import type { Page } from "./page.ts";

export interface CommitLogEntry {
  readonly id: bigint;
  readonly entry: Uint8Array;
  /** The encoded signature message, as it came. */
  readonly signature: Uint8Array;
}

/** What members say about the commits of their groups, in order. Nothing is checked and nothing is dropped. */
export class CommitLog {
  readonly #insert: StatementSync;
  readonly #list: StatementSync;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      "INSERT INTO commit_log (group_id, entry, signature) VALUES (?, ?, ?)",
    );
    this.#list = database.prepare(
      "SELECT id, entry, signature FROM commit_log WHERE group_id = ? AND id > ? ORDER BY id LIMIT ?",
    );
  }

  append(groupId: Uint8Array, entry: Uint8Array, signature: Uint8Array): void {
    this.#insert.run(groupId, entry, signature);
  }

  /** Ascending, whatever the page says. */
  list(groupId: Uint8Array, page: Page): CommitLogEntry[] {
    return this.#list.all(groupId, page.cursor, page.limit).map((row) => ({
      id: readInteger(row, "id"),
      entry: readBlob(row, "entry"),
      signature: readBlob(row, "signature"),
    }));
  }
}
