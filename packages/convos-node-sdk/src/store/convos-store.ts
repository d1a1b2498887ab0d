import type { DatabaseSync } from "node:sqlite";
import type { ConvosRoot } from "../identity/root.ts";
import { createConversationsTable, type ConversationsTable } from "./conversations-table.ts";
import { asStoreError, openDatabase } from "./database.ts";
import { createIncomingTable, type IncomingTable } from "./incoming-table.ts";
import { createLedgerTable, type LedgerTable } from "./ledger-table.ts";
import { assertKeyMatches, writeKeyCheck } from "./meta-table.ts";
import { createOutgoingTable, type OutgoingTable } from "./outgoing-table.ts";
import { createSealer } from "./sealer.ts";
import { createSeenTable, type SeenTable } from "./seen-table.ts";

/** Everything one account keeps on disk beside XMTP's own databases. Synchronous: a step is written before the next. */
export interface ConvosStore {
  readonly conversations: ConversationsTable;
  readonly incoming: IncomingTable;
  readonly outgoing: OutgoingTable;
  readonly seen: SeenTable;
  readonly ledger: LedgerTable;
  /**
   * Runs one step as a whole: when the work throws, or the commit does, nothing of it has happened.
   *
   * @throws ConvosError `state_unwritable` | `locked` | `state_unreadable`, and whatever the work throws.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens (or creates) the sealed database of one account.
 *
 * @param path - Its folder is created with mode 0700, the file with 0600.
 * @throws ConvosError `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` |
 *   `state_unwritable`. In none of these cases has the file been changed.
 */
export function openStore(path: string, root: Pick<ConvosRoot, "storageKey">): ConvosStore {
  const sealer = createSealer(root.storageKey().reveal());
  const database = openDatabase(path, (created) => writeKeyCheck(created, sealer));
  try {
    return asStoreError(() => {
      assertKeyMatches(database, sealer);
      return {
        conversations: createConversationsTable(database, sealer),
        incoming: createIncomingTable(database, sealer),
        outgoing: createOutgoingTable(database, sealer),
        seen: createSeenTable(database, sealer),
        ledger: createLedgerTable(database, sealer),
        transaction: (work) => runTransaction(database, work),
        close: () => database.close(),
      };
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

function runTransaction<T>(database: DatabaseSync, work: () => T): T {
  return asStoreError(() => {
    // IMMEDIATE: take the write lock at once, so that no step finds out at its end that it may not write.
    database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      database.exec("COMMIT");
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  });
}
