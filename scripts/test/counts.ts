// How many tests a run had. The reporter writes this line at the end of a run, and `npm test` adds two of them up.
import { stripVTControlCharacters } from "node:util";

/** How many tests passed, failed, and were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const LINE = /^tests: (\d+) passed, (\d+) failed, (\d+) skipped$/;

export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Reads a line of {@link formatCounts}; undefined for any other line. */
export function tryParseCounts(line: string): Counts | undefined {
  const match = LINE.exec(stripVTControlCharacters(line).trim());
  if (match === null) return undefined;
  return { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3]) };
}

export function addCounts(all: readonly Counts[]): Counts {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}
