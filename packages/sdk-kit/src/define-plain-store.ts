import type { DatabaseSync } from "node:sqlite";
import { createColumnReaders, type ColumnReaders } from "./columns.ts";
import { openDatabaseOf, runInTransaction, type DatabaseFormat } from "./database.ts";
import { prepareStatement, type Statement } from "./statement.ts";
import { runAsStore } from "./store-error.ts";

/** What an SDK builds the tables of a database with that is not sealed. Every failure is an error of the SDK's class. */
export interface PlainStoreTools extends ColumnReaders {
  /**
   * Opens the database at a path, creating it when there is none: folder 0700, file 0600. What cannot be read is refused,
   * never replaced, and left as it was.
   *
   * @param initialize - Fills in the first rows of a new database, before it gets its name.
   * @param options.maxPages - The file grows no larger, 4 KiB each; a write beyond fails like one to a full disk.
   * @throws StoreError any of its codes but `wrong_key`.
   */
  readonly openDatabase: (
    path: string,
    initialize: (created: DatabaseSync) => void,
    options?: { readonly maxPages?: number | undefined },
  ) => DatabaseSync;
  readonly prepare: (database: DatabaseSync, sql: string) => Statement;
  /** Runs one step as a whole: when the work throws, or the commit does, nothing of it has happened. */
  readonly runTransaction: <T>(database: DatabaseSync, work: () => T) => T;
}

/** Makes the tools of a store that holds nothing secret. Allocates, opens nothing. */
export function definePlainStore(format: DatabaseFormat): PlainStoreTools {
  const { StoreError } = format;
  return {
    ...createColumnReaders(StoreError),
    openDatabase: (path, initialize, { maxPages } = {}) => {
      const database = openDatabaseOf(format, path, initialize);
      try {
        return runAsStore(StoreError, () => {
          if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${maxPages}`);
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
