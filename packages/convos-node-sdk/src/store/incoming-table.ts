import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import { prepare, readBlob, readInteger } from "./database.ts";

const TABLE = "incoming";

/** One event that nobody has marked as handled. */
interface IncomingRow {
  readonly id: number;
  readonly event: Uint8Array;
}

/** Events between their receipt and the moment the consumer has marked them as handled; then the row is gone. */
export interface IncomingTable {
  /** @returns The row number; a later event has a higher one, and none is used twice. */
  insert(conversation: number, event: Uint8Array): number;
  /** Rows after a row number, oldest first. */
  after(id: number, limit: number): IncomingRow[];
  remove(id: number): void;
  removeConversation(conversation: number): void;
  count(): number;
}

export function createIncomingTable(database: DatabaseSync, sealer: Sealer): IncomingTable {
  const lastId = prepare(database, "SELECT seq FROM sqlite_sequence WHERE name = 'incoming'");
  const insert = prepare(
    database,
    "INSERT INTO incoming (id, conversation, event) VALUES (?, ?, ?)",
  );
  const selectAfter = prepare(
    database,
    "SELECT id, event FROM incoming WHERE id > ? ORDER BY id LIMIT ?",
  );
  const remove = prepare(database, "DELETE FROM incoming WHERE id = ?");
  const removeConversation = prepare(database, "DELETE FROM incoming WHERE conversation = ?");
  const count = prepare(database, "SELECT count(*) AS total FROM incoming");
  return {
    insert(conversation, event) {
      // The number goes into the seal, so it has to be known before SQLite would choose it.
      const row = lastId.get();
      const id = row === undefined ? 1 : readInteger(row, "seq") + 1;
      insert.run(id, conversation, sealer.seal(TABLE, rowNumberBytes(id), event));
      return id;
    },
    after: (id, limit) =>
      selectAfter.all(id, limit).map((row) => {
        const rowId = readInteger(row, "id");
        const event = sealer.open(TABLE, rowNumberBytes(rowId), readBlob(row, "event"));
        return { id: rowId, event };
      }),
    remove(id) {
      remove.run(id);
    },
    removeConversation(conversation) {
      removeConversation.run(conversation);
    },
    count: () => readInteger(count.get() ?? {}, "total"),
  };
}
