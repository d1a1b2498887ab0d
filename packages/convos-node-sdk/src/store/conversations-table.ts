import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import { type ConversationRecord, decodeRecord, encodeRecord } from "./conversation-record.ts";
import { prepare, readBlob, readInteger } from "./database.ts";

const TABLE = "conversations";

export interface ConversationRow {
  readonly id: number;
  /** Which key of the root is its own. */
  readonly keyIndex: number;
  readonly record: ConversationRecord;
}

/** One sealed row per conversation; rows are never deleted, so that no key serves twice. */
export interface ConversationsTable {
  all(): ConversationRow[];
  /** @returns The row number. */
  insert(keyIndex: number, record: ConversationRecord): number;
  update(id: number, record: ConversationRecord): void;
  /** The smallest index above all that were ever used. */
  nextKeyIndex(): number;
}

export function createConversationsTable(
  database: DatabaseSync,
  sealer: Sealer,
): ConversationsTable {
  const select = prepare(database, "SELECT id, key_index, record FROM conversations ORDER BY id");
  const insert = prepare(
    database,
    "INSERT INTO conversations (id, key_index, record) VALUES (?, ?, ?)",
  );
  const update = prepare(database, "UPDATE conversations SET record = ? WHERE id = ?");
  const lastId = prepare(database, "SELECT seq FROM sqlite_sequence WHERE name = 'conversations'");
  const maxIndex = prepare(
    database,
    "SELECT coalesce(max(key_index), -1) AS last FROM conversations",
  );
  const seal = (id: number, record: ConversationRecord): Uint8Array =>
    sealer.seal(TABLE, rowNumberBytes(id), encodeRecord(record));
  return {
    all: () =>
      select.all().map((row) => {
        const id = readInteger(row, "id");
        const sealed = readBlob(row, "record");
        return {
          id,
          keyIndex: readInteger(row, "key_index"),
          record: decodeRecord(sealer.open(TABLE, rowNumberBytes(id), sealed)),
        };
      }),
    insert(keyIndex, record) {
      // The number goes into the seal, so it has to be known before SQLite would choose it.
      const row = lastId.get();
      const id = row === undefined ? 1 : readInteger(row, "seq") + 1;
      insert.run(id, keyIndex, seal(id, record));
      return id;
    },
    update(id, record) {
      update.run(seal(id, record), id);
    },
    nextKeyIndex: () => readInteger(maxIndex.get() ?? {}, "last") + 1,
  };
}
