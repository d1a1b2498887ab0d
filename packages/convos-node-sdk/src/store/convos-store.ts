import type { ConvosRoot } from "../identity/root.ts";
import { createConversationsTable, type ConversationsTable } from "./conversations-table.ts";
import { createSealer, openDatabase, runTransaction } from "./database.ts";
import { createIncomingTable, type IncomingTable } from "./incoming-table.ts";
import { createLedgerTable, type LedgerTable } from "./ledger-table.ts";
import { createOutgoingTable, type OutgoingTable } from "./outgoing-table.ts";
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
  const database = openDatabase(path, sealer);
  try {
    return {
      conversations: createConversationsTable(database, sealer),
      incoming: createIncomingTable(database, sealer),
      outgoing: createOutgoingTable(database, sealer),
      seen: createSeenTable(database, sealer),
      ledger: createLedgerTable(database, sealer),
      transaction: (work) => runTransaction(database, work),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
