// How a run of tests ended. The reporter writes these lines at the end of a run, and `npm test` puts those of its runs together.
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

const FAILURE = "failed: ";

/** One line about one failure: where, and the first line of why. */
export function formatFailure(where: string, error: unknown): string {
  const message =
    typeof error === "object" && error !== null && "message" in error
      ? String(error.message)
      : String(error);
  return `${FAILURE}${where}: ${stripVTControlCharacters(message).split("\n", 1)[0] ?? ""}`;
}

/** Whether a line is one of {@link formatFailure}. */
export function isFailure(line: string): boolean {
  return line.startsWith(FAILURE);
}
