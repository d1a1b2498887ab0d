import type { Identity } from "../identity/identity.ts";
import { createConversationsTable, type ConversationsTable } from "./conversations-table.ts";
import { createSealer, openDatabase, runTransaction } from "./database.ts";
import { createIncomingTable, type IncomingTable } from "./incoming-table.ts";
import { createMetaTable, type MetaTable } from "./meta-table.ts";
import { createOutgoingTable, type OutgoingTable } from "./outgoing-table.ts";
import { createSeenTable, type SeenTable } from "./seen-table.ts";

/** Everything one account keeps on disk. Synchronous: a step is written before anything else runs. */
export interface GossipStore {
  readonly meta: MetaTable;
  readonly conversations: ConversationsTable;
  readonly outgoing: OutgoingTable;
  readonly incoming: IncomingTable;
  readonly seen: SeenTable;
  /**
   * Runs one step as a whole: when the work throws, or the commit does, nothing of it has happened.
   *
   * @throws GossipError `state_unwritable` | `locked` | `state_unreadable`, and whatever the work throws.
   */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens (or creates) the sealed database of one account.
 *
 * @param path - Its folder is created with mode 0700, the file with 0600.
 * @param options.maxPages - The file grows no larger, 4 KiB each; a write beyond fails like one to a full disk.
 * @throws GossipError `wrong_key` | `state_newer` | `state_unreadable` | `insecure_state_path` | `locked` |
 *   `state_unwritable`. In none of these cases has the file been changed.
 */
export function openStore(
  path: string,
  identity: Pick<Identity, "storageKey">,
  options: { maxPages?: number } = {},
): GossipStore {
  const sealer = createSealer(identity.storageKey.reveal());
  const database = openDatabase(path, sealer, options);
  try {
    return {
      meta: createMetaTable(database, sealer),
      conversations: createConversationsTable(database, sealer),
      outgoing: createOutgoingTable(database, sealer),
      incoming: createIncomingTable(database, sealer),
      seen: createSeenTable(database, sealer),
      transaction: (work) => runTransaction(database, work),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
