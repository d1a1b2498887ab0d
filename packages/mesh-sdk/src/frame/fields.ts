import { malformed } from "../errors.ts";

/** A parsed JSON object that nobody has looked into yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A text of at most `maxLength` UTF-16 units, not empty, without NUL or half a surrogate pair.
 *
 * @param name - The field, for the error: never its value.
 * @throws MeshError `malformed`.
 */
export function readText(fields: Fields, name: string, maxLength: number): string {
  const value = fields[name];
  if (typeof value !== "string") throw malformed(`${name}: expected a text, got ${kindOf(value)}`);
  if (value.length === 0) throw malformed(`${name}: empty`);
  if (value.length > maxLength) {
    throw malformed(`${name}: at most ${maxLength} characters, got ${value.length}`);
  }
  assertPlain(value, name);
  return value;
}

/** The same for a field that may be missing. An explicit null counts as missing, as it does for the reference. */
export function readOptionalText(
  fields: Fields,
  name: string,
  maxLength: number,
): string | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : readText(fields, name, maxLength);
}

/** @throws MeshError `malformed` for anything but an array of at most `maxItems`. */
export function readArray(fields: Fields, name: string, maxItems: number): readonly unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw malformed(`${name}: expected an array, got ${kindOf(value)}`);
  if (value.length > maxItems) {
    throw malformed(`${name}: at most ${maxItems} items, got ${value.length}`);
  }
  return value;
}

/** A whole number from 0 on. @throws MeshError `malformed`. */
export function readCount(
  fields: Fields,
  name: string,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = fields[name];
  if (!isCount(value) || value > max) {
    throw malformed(`${name}: expected a whole number from 0 to ${max}`);
  }
  return value;
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === "number" && value >= 0;
}

/** No store and no screen agrees with another on NUL, and half a surrogate pair has no UTF-8. */
export function assertPlain(text: string, name: string): void {
  if (text.includes("\0")) throw malformed(`${name}: contains NUL`);
  if (!text.isWellFormed()) throw malformed(`${name}: contains half a surrogate pair`);
}

/** What kind of JSON value this is. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
