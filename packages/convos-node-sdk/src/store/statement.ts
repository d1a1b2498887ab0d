import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";
import { asStoreError } from "./database.ts";

type Row = Record<string, SQLOutputValue>;

/** A prepared statement whose failures are ours: ConvosError `state_unreadable` | `locked` | `state_unwritable`. */
interface Statement {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
  /** Read to the end before the next write. */
  iterate(): Iterable<Row>;
  run(...parameters: SQLInputValue[]): void;
}

/** Prepares a statement. Reads fail too, when a disk does, and also outside of a transaction. */
export function prepare(database: DatabaseSync, sql: string): Statement {
  const statement = asStoreError(() => database.prepare(sql));
  return {
    get: (...parameters) => asStoreError(() => statement.get(...parameters)),
    all: (...parameters) => asStoreError(() => statement.all(...parameters)),
    run: (...parameters) => {
      asStoreError(() => statement.run(...parameters));
    },
    *iterate() {
      const rows = asStoreError(() => statement.iterate());
      try {
        for (;;) {
          const next = asStoreError(() => rows.next());
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        rows.return?.();
      }
    },
  };
}
