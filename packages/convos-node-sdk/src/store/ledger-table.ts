import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import { prepare, readBlob } from "./database.ts";

const TABLE = "ledger";

/**
 * What is done once and for all: a request answered, an invite given to somebody, its holder let in by it, all invites with a
 * tag ended, a message of ours found on the network.
 */
type LedgerKind =
  | "join request"
  | "single-use invite"
  | "let in by single-use invite"
  | "revoked tag"
  | "own message";

/** Things done, each with a note. Kept as long as the conversation. */
export interface LedgerTable {
  /** @returns The note, or undefined when it was not done. */
  find(conversation: number, kind: LedgerKind, id: string): string | undefined;
  add(conversation: number, kind: LedgerKind, id: string, note: string): void;
  removeConversation(conversation: number): void;
}

export function createLedgerTable(database: DatabaseSync, sealer: Sealer): LedgerTable {
  const select = prepare(database, "SELECT note FROM ledger WHERE conversation = ? AND tag = ?");
  const insert = prepare(
    database,
    "INSERT INTO ledger (conversation, tag, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const removeConversation = prepare(database, "DELETE FROM ledger WHERE conversation = ?");
  const tagOf = (conversation: number, kind: LedgerKind, id: string): Uint8Array =>
    sealer.tag(kind, rowNumberBytes(conversation), Buffer.from(id, "utf8"));
  return {
    find(conversation, kind, id) {
      const tag = tagOf(conversation, kind, id);
      const row = select.get(conversation, tag);
      if (row === undefined) return undefined;
      return Buffer.from(sealer.open(TABLE, tag, readBlob(row, "note"))).toString("utf8");
    },
    add(conversation, kind, id, note) {
      const tag = tagOf(conversation, kind, id);
      insert.run(conversation, tag, sealer.seal(TABLE, tag, Buffer.from(note, "utf8")));
    },
    removeConversation(conversation) {
      removeConversation.run(conversation);
    },
  };
}
