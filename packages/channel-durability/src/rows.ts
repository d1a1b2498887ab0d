// SQLite gives rows without types. These readers check one column each, so that a damaged row is named instead
// of becoming an `undefined` somewhere else.

import { ChannelDurabilityError } from "./errors.ts";

/** One row as node:sqlite returns it. */
export type Row = Readonly<Record<string, unknown>>;

export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : fail(column, "text");
}

export function readOptionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : readText(row, column);
}

export function readInteger(row: Row, column: string): number {
  const value = row[column];
  return Number.isSafeInteger(value) ? Number(value) : fail(column, "integer");
}

export function readOptionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : readInteger(row, column);
}

export function readBlob(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : fail(column, "blob");
}

export function readOptionalBlob(row: Row, column: string): Uint8Array | undefined {
  return row[column] === null ? undefined : readBlob(row, column);
}

function fail(column: string, kind: string): never {
  throw new ChannelDurabilityError("corrupt_row", `column ${column}: expected ${kind}`);
}
