import * as z from "zod";

/** Four digits of year: what every reader of these dates can hold. */
const MIN_MS = Date.UTC(1970, 0, 1);
const MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})$/u;

/**
 * A date as it goes over the wire: ISO 8601 in whole seconds. The app's reader, of Swift, may refuse fractions
 * (section 1.11). A date between two seconds is written as the earlier one.
 */
export function formatDate(ms: number): string {
  const clamped = Math.min(Math.max(ms, MIN_MS), MAX_MS);
  return `${new Date(clamped).toISOString().slice(0, 19)}Z`;
}

/** Reads both forms, with and without fractions, to milliseconds. */
export const wireDate = z
  .string()
  .max(40)
  .regex(ISO_DATE)
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= MIN_MS && ms <= MAX_MS);
