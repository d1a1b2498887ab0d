import type { DatabaseSync, StatementSync } from "node:sqlite";
import { readBlob, readInteger, readText } from "./database.ts";

export interface InboxUpdate {
  /** Position in the log of all inboxes: 1 for the first one, strictly increasing. */
  readonly sequenceId: bigint;
  readonly createdNs: bigint;
  /** The encoded IdentityUpdate, as it came: its signatures stay valid. */
  readonly identityUpdate: Uint8Array;
}

/** A name under which an inbox can be found: an address or a passkey. */
export interface Identifier {
  readonly identifier: string;
  /** Wire value of the IdentifierKind. */
  readonly kind: number;
}

/** What one identity update changes about the names of an inbox. */
export interface IdentifierChanges {
  readonly added: readonly Identifier[];
  readonly revoked: readonly Identifier[];
}

/** The identity updates of all inboxes, and the map from names to inboxes that follows from them. */
export class InboxLog {
  readonly #statements: Record<
    "append" | "list" | "find" | "add" | "revoke" | "count",
    StatementSync
  >;
  readonly #nowNs: () => bigint;
  #lastNs = 0n;

  constructor(database: DatabaseSync, nowNs: () => bigint) {
    this.#nowNs = nowNs;
    this.#statements = {
      append: database.prepare(
        "INSERT INTO inbox_updates (inbox_id, created_ns, identity_update) VALUES (?, ?, ?) RETURNING sequence_id",
      ),
      list: database.prepare(
        `SELECT sequence_id, created_ns, identity_update FROM inbox_updates
         WHERE inbox_id = ? AND sequence_id > ? ORDER BY sequence_id`,
      ),
      // The last inbox that took the name has it, and gets it back when a later one gives it up.
      find: database.prepare(
        `SELECT inbox_id FROM identifiers WHERE identifier = ? AND kind = ? AND revoked_at IS NULL
         ORDER BY added_at DESC LIMIT 1`,
      ),
      add: database.prepare(
        "INSERT OR IGNORE INTO identifiers (identifier, kind, inbox_id, added_at) VALUES (?, ?, ?, ?)",
      ),
      revoke: database.prepare(
        `UPDATE identifiers SET revoked_at = ?
         WHERE identifier = ? AND kind = ? AND inbox_id = ? AND revoked_at IS NULL`,
      ),
      count: database.prepare("SELECT count(DISTINCT inbox_id) AS inboxes FROM inbox_updates"),
    };
  }

  /** Appends an update that was found valid. Belongs into one transaction with the check. */
  append(inboxId: string, identityUpdate: Uint8Array, changes: IdentifierChanges): void {
    const now = this.#nowNs();
    this.#lastNs = now > this.#lastNs ? now : this.#lastNs + 1n;
    const row = this.#statements.append.get(inboxId, this.#lastNs, identityUpdate);
    const sequenceId = readInteger(row, "sequence_id");
    for (const { identifier, kind } of changes.revoked) {
      this.#statements.revoke.run(sequenceId, identifier, kind, inboxId);
    }
    for (const { identifier, kind } of changes.added) {
      this.#statements.add.run(identifier, kind, inboxId, sequenceId);
    }
  }

  /** The updates of an inbox behind a sequence id, oldest first; none for an inbox that nobody knows. */
  list(inboxId: string, afterSequenceId: bigint): InboxUpdate[] {
    return this.#statements.list.all(inboxId, afterSequenceId).map((row) => ({
      sequenceId: readInteger(row, "sequence_id"),
      createdNs: readInteger(row, "created_ns"),
      identityUpdate: readBlob(row, "identity_update"),
    }));
  }

  findInbox({ identifier, kind }: Identifier): string | undefined {
    const row = this.#statements.find.get(identifier, kind);
    return row === undefined ? undefined : readText(row, "inbox_id");
  }

  count(): number {
    return Number(readInteger(this.#statements.count.get(), "inboxes"));
  }
}
