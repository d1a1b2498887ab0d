// What a replay of a vector file counts, and how it walks through the file.
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

  /** The call must throw, whatever it throws. */
  throws(what: string, run: () => unknown): void {
    this.#total++;
    try {
      run();
    } catch {
      return;
    }
    this.mismatches.push(`${what}: accepted`);
  }

  /** Runs a step; an error in it is a mismatch, not the end of the replay. */
  step(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#fail(what, error);
    }
  }

  /** The same for a step that takes its time. */
  async stepAsync(what: string, run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#fail(what, error);
    }
  }

  /** Runs a step for each vector of a section; a section may be absent. */
  each<T>(
    section: string,
    vectors: readonly T[] | undefined,
    replay: (what: string, vector: T) => void,
  ): void {
    for (const [index, vector] of (vectors ?? []).entries()) {
      const what = `${section} #${index}`;
      this.step(what, () => replay(what, vector));
    }
  }

  /**
   * Notes which sections of a file nothing is known about, and which known ones it does not have.
   *
   * @param prose - Parts of the file that are no sections.
   * @throws TypeError when no section is known: the file is another one.
   */
  noteSections(
    vectors: object,
    sections: readonly string[],
    prose: { has(name: string): boolean },
  ): void {
    const known = new Set(sections);
    const present = Object.keys(vectors);
    if (!present.some((name) => known.has(name))) {
      throw new TypeError("no section of a vector file");
    }
    for (const name of present) {
      if (known.has(name) || prose.has(name)) continue;
      this.notes.push(`${name}: a section that is not known here, nothing compared`);
    }
    for (const name of known) {
      if (!present.includes(name)) this.notes.push(`${name}: not in the file`);
    }
  }

  #fail(what: string, error: unknown): void {
    this.#total++;
    this.mismatches.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
