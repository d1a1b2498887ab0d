import type { DatabaseSync } from "node:sqlite";
import { createColumnReaders, type ColumnReaders } from "./columns.ts";
import { openDatabaseOf, runInTransaction, type DatabaseFormat } from "./database.ts";
import { assertKeyCheck, writeKeyCheck } from "./key-check.ts";
import { createSealer, type Sealer } from "./sealer.ts";
import { prepareStatement, type Statement } from "./statement.ts";
import { runAsStore } from "./store-error.ts";

/** The sealed database of one SDK, in that SDK's terms. */
export interface StoreFormat extends DatabaseFormat {
  /**
   * Begins the labels under which the keys of the database are derived, as in "gossip-sdk store". Another label opens
   * none of the databases that exist.
   */
  readonly keyLabel: string;
}

/** What an SDK builds its tables with. Every failure is an error of the SDK's class. */
export interface StoreTools extends ColumnReaders {
  /**
   * Opens the sealed database at a path, creating it when there is none: folder 0700, file 0600. What cannot be read is
   * refused, never replaced, and left as it was.
   *
   * @param options.maxPages - The file grows no larger, 4 KiB each; a write beyond fails like one to a full disk.
   * @throws StoreError any of its codes.
   */
  readonly openDatabase: (
    path: string,
    sealer: Sealer,
    options?: { readonly maxPages?: number | undefined },
  ) => DatabaseSync;
  /** @param storageKey - 32 bytes of the identity; not kept, two keys are derived from it. */
  readonly createSealer: (storageKey: Uint8Array) => Sealer;
  readonly prepare: (database: DatabaseSync, sql: string) => Statement;
  /** Runs one step as a whole: when the work throws, or the commit does, nothing of it has happened. */
  readonly runTransaction: <T>(database: DatabaseSync, work: () => T) => T;
}

/** Makes the tools of one SDK's store. Allocates, opens nothing. */
export function defineStore(format: StoreFormat): StoreTools {
  const { keyLabel, StoreError } = format;
  return {
    ...createColumnReaders(StoreError),
    createSealer: (storageKey) => createSealer(storageKey, { keyLabel, StoreError }),
    openDatabase: (path, sealer, { maxPages } = {}) => {
      const database = openDatabaseOf(format, path, (created) => writeKeyCheck(created, sealer));
      try {
        return runAsStore(StoreError, () => {
          if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`);
          assertKeyCheck(StoreError, database, sealer);
          return database;
        });
      } catch (error) {
        database.close();
        throw error;
      }
    },
    prepare: (database, sql) => prepareStatement(StoreError, database, sql),
    runTransaction: (database, work) => runInTransaction(StoreError, database, work),
  };
}
