/** As the reference writes it (`toISOString`), and as other languages write the same: microseconds, an offset. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since 1970-01-01 UTC of an ISO 8601 text with date, time, and zone; undefined for anything else, and for
 * what lies before 1970: nobody had a clock of this mesh then, and "0000" sorts before every honest text.
 */
export function tryReadTimestamp(text: string): number | undefined {
  if (!TIMESTAMP.test(text)) return undefined;
  const timestampMs = Date.parse(text);
  return timestampMs >= 0 ? timestampMs : undefined;
}
