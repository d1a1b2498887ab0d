import type { SQLOutputValue } from "node:sqlite";
import { ConvosError } from "../errors.ts";

type Row = Record<string, SQLOutputValue>;

/** The bytes of a column. @throws ConvosError `state_unreadable` when it holds something else. */
export function readBlob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw new ConvosError("state_unreadable", `store: column ${column} does not hold bytes`);
}

/** The whole number of a column. @throws ConvosError `state_unreadable` when it holds something else. */
export function readInteger(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new ConvosError("state_unreadable", `store: column ${column} does not hold a whole number`);
}

/** The text of a column. @throws ConvosError `state_unreadable` when it holds something else. */
export function readText(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  throw new ConvosError("state_unreadable", `store: column ${column} does not hold text`);
}

/** A row number as the bytes that name the row when its value is sealed. */
export function rowNumberBytes(id: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(id));
  return bytes;
}
