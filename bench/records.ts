/**
 * One line of a bench run, as `--json FILE` writes it. `ratio` is baseline/value and `overRaw` is value/raw; null where
 * there is nothing to compare with.
 */
export interface BenchRecord {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  readonly raw: number | null;
  readonly overRaw: number | null;
}

/** A record and what it is held to. */
export interface BenchResult {
  readonly record: BenchRecord;
  /** Smallest acceptable `ratio`. */
  readonly floor?: number;
  /** Largest acceptable `overRaw`. */
  readonly overRawLimit?: number;
  /** Largest acceptable `value`, for plain reports. */
  readonly valueLimit?: number;
}

/** Fills in the two quotients. */
export function createRecord(facts: {
  name: string;
  unit: string;
  value: number;
  baseline?: number;
  raw?: number;
}): BenchRecord {
  const { name, unit, value, baseline, raw } = facts;
  return {
    name,
    unit,
    value,
    baseline: baseline ?? null,
    ratio: baseline === undefined ? null : baseline / value,
    raw: raw ?? null,
    overRaw: raw === undefined ? null : value / raw,
  };
}

/** Most that an operation may cost over its bare primitives. */
const OVER_RAW_LIMIT = 1.5;

/** A record in milliseconds, held to a floor against the yardstick and to the limit over the bare primitives. */
export function createHeldResult(
  name: string,
  times: { baselineMs: number; oursMs: number; rawMs: number },
  floor: number,
): BenchResult {
  const { oursMs: value, baselineMs: baseline, rawMs: raw } = times;
  const record = createRecord({ name, unit: "ms", value, baseline, raw });
  return { record, floor, overRawLimit: OVER_RAW_LIMIT };
}

/** A plain figure, held to a limit if there is one. */
export function createFigure(
  name: string,
  unit: string,
  value: number,
  valueLimit?: number,
): BenchResult {
  const record = createRecord({ name, unit, value });
  return valueLimit === undefined ? { record } : { record, valueLimit };
}

/** True when the result is held to anything. */
export function isHeld({ floor, overRawLimit, valueLimit }: BenchResult): boolean {
  return floor !== undefined || overRawLimit !== undefined || valueLimit !== undefined;
}

/** True when every limit of the result holds; a result without limits has nothing to miss. */
export function isMet({ record, floor, overRawLimit, valueLimit }: BenchResult): boolean {
  return (
    (floor === undefined || (record.ratio !== null && record.ratio >= floor)) &&
    (overRawLimit === undefined || (record.overRaw !== null && record.overRaw <= overRawLimit)) &&
    (valueLimit === undefined || record.value <= valueLimit)
  );
}
