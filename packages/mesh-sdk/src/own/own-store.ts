import { hkdfSync } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { PrekeyVault } from "../direct/prekeys.ts";
import { MeshError } from "../errors.ts";
import type { MeshKey } from "../identity/mesh-key.ts";
import { createContactTable, type ContactTable } from "./contact-table.ts";
import { createSealer, openDatabase, runTransaction } from "./own-database.ts";
import { createPrekeyTable } from "./prekey-table.ts";
import { createSentTable, type SentTable } from "./sent-table.ts";
import { createWaitingTable, type WaitingTable } from "./waiting-table.ts";

const STORAGE_KEY_LABEL = "mesh-sdk: storage key, version 1";
const STORAGE_KEY_BYTES = 32;

/** What only this peer knows, sealed under its key. One process at a time: SQLite's lock goes with it. */
export interface OwnStore {
  readonly prekeys: PrekeyVault;
  readonly contacts: ContactTable;
  readonly sent: SentTable;
  readonly waiting: WaitingTable;
  /** One step as a whole, on disk when it returns. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens the store of a peer, or makes an empty one.
 *
 * @throws MeshError `wrong_key` | `locked` | `state_newer` | `state_unreadable` | `state_unwritable` | `insecure_state_path`.
 *   What is there is left as it was.
 */
export function openOwnStore(path: string, key: MeshKey): OwnStore {
  const storageKey = deriveStorageKey(key);
  const sealer = createSealer(storageKey);
  storageKey.fill(0);
  const database: DatabaseSync = openDatabase(path, sealer);
  return {
    prekeys: createPrekeyTable(database, sealer),
    contacts: createContactTable(database, sealer),
    sent: createSentTable(database, sealer),
    waiting: createWaitingTable(database, sealer),
    transaction: (work) => runTransaction(database, work),
    close: () => database.close(),
  };
}

function deriveStorageKey({ privateKey }: MeshKey): Uint8Array {
  const { d } = privateKey.export({ format: "jwk" });
  if (d === undefined) throw new MeshError("invalid_key", "key: no private half");
  const seed = Buffer.from(d, "base64url");
  try {
    return new Uint8Array(hkdfSync("sha256", seed, "", STORAGE_KEY_LABEL, STORAGE_KEY_BYTES));
  } finally {
    seed.fill(0);
  }
}
