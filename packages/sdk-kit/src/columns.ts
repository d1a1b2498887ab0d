import type { SQLOutputValue } from "node:sqlite";
import type { StoreErrorClass } from "./store-error.ts";

/** One row of a result, by column. */
export type Row = Record<string, SQLOutputValue>;

/** Readers of columns. Each throws StoreError `state_unreadable` when the column holds something else. */
export interface ColumnReaders {
  readonly readBlob: (row: Row, column: string) => Uint8Array;
  readonly readInteger: (row: Row, column: string) => number;
  readonly readText: (row: Row, column: string) => string;
}

export function createColumnReaders(StoreError: StoreErrorClass): ColumnReaders {
  const wrong = (column: string, wanted: string): Error =>
    new StoreError("state_unreadable", `store: column ${column} does not hold ${wanted}`);
  return {
    readBlob: (row, column) => {
      const value = row[column];
      if (value instanceof Uint8Array) return value;
      throw wrong(column, "bytes");
    },
    readInteger: (row, column) => {
      const value = row[column];
      if (typeof value === "number" && Number.isSafeInteger(value)) return value;
      throw wrong(column, "a whole number");
    },
    readText: (row, column) => {
      const value = row[column];
      if (typeof value === "string") return value;
      throw wrong(column, "text");
    },
  };
}

/** A row number as the bytes that name the row when its value is sealed. */
export function rowNumberBytes(id: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id));
  return bytes;
}
