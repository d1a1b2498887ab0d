import { isDeepStrictEqual } from "node:util";

const SHOWN_CHARACTERS = 120;

/** Counts comparisons and remembers the ones that failed. */
export class Checks {
  readonly mismatches: string[] = [];
  /** What a reader of the count should know, such as parts that nothing was compared of. */
  readonly notes: string[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Compares by value. */
  equal(what: string, actual: unknown, expected: unknown): void {
    this.#total++;
    if (isDeepStrictEqual(actual, expected)) return;
    this.mismatches.push(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  }

  /** Runs a step; an error in it is a mismatch, not the end of the replay. */
  step(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#total++;
      this.mismatches.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
