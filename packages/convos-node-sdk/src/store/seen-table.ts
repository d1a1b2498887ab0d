import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import { prepare, readInteger } from "./database.ts";

/** Which messages of the last hours were taken, so that reading a stretch again takes none of them twice. */
export interface SeenTable {
  has(conversation: number, messageId: string): boolean;
  add(conversation: number, messageId: string, sentAtNs: bigint): void;
  /** How many were sent later than this. */
  countAfter(conversation: number, afterNs: bigint): number;
  /** Forgets what was sent before a moment. */
  prune(conversation: number, beforeNs: bigint): void;
  removeConversation(conversation: number): void;
}

export function createSeenTable(database: DatabaseSync, sealer: Sealer): SeenTable {
  const select = prepare(
    database,
    "SELECT 1 AS found FROM seen WHERE conversation = ? AND tag = ?",
  );
  const insert = prepare(
    database,
    "INSERT INTO seen (conversation, tag, sent_ns) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const count = prepare(
    database,
    "SELECT count(*) AS total FROM seen WHERE conversation = ? AND sent_ns > ?",
  );
  const prune = prepare(database, "DELETE FROM seen WHERE conversation = ? AND sent_ns < ?");
  const removeConversation = prepare(database, "DELETE FROM seen WHERE conversation = ?");
  const tagOf = (conversation: number, messageId: string): Uint8Array =>
    sealer.tag("message", rowNumberBytes(conversation), Buffer.from(messageId, "hex"));
  return {
    has: (conversation, messageId) =>
      select.get(conversation, tagOf(conversation, messageId)) !== undefined,
    add(conversation, messageId, sentAtNs) {
      insert.run(conversation, tagOf(conversation, messageId), sentAtNs);
    },
    countAfter: (conversation, afterNs) =>
      readInteger(count.get(conversation, afterNs) ?? {}, "total"),
    prune(conversation, beforeNs) {
      prune.run(conversation, beforeNs);
    },
    removeConversation(conversation) {
      removeConversation.run(conversation);
    },
  };
}
