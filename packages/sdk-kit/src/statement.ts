import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Row } from "./columns.ts";
import { runAsStore, type StoreErrorClass } from "./store-error.ts";

/** A prepared statement whose failures are ours: StoreError `state_unreadable` | `locked` | `state_unwritable`. */
export interface Statement {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
  /** Read to the end before the next write. */
  iterate(...parameters: SQLInputValue[]): Iterable<Row>;
  run(...parameters: SQLInputValue[]): void;
}

/** Prepares a statement. Reads fail too, when a disk does, and also outside of a transaction. */
export function prepareStatement(
  StoreError: StoreErrorClass,
  database: DatabaseSync,
  sql: string,
): Statement {
  const statement = runAsStore(StoreError, () => database.prepare(sql));
  return {
    get: (...parameters) => runAsStore(StoreError, () => statement.get(...parameters)),
    all: (...parameters) => runAsStore(StoreError, () => statement.all(...parameters)),
    run: (...parameters) => {
      runAsStore(StoreError, () => statement.run(...parameters));
    },
    *iterate(...parameters) {
      const rows = runAsStore(StoreError, () => statement.iterate(...parameters));
      try {
        for (;;) {
          const next = runAsStore(StoreError, () => rows.next());
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        rows.return?.();
      }
    },
  };
}
