import { HarnessError } from "./errors.ts";

/** Older lines are dropped beyond this count; a gateway under test writes some hundreds. */
const MAX_LINES = 20_000;

export interface LogLine {
  /** Position in the whole output, from 0; stays true when older lines were dropped. */
  readonly index: number;
  readonly text: string;
}

export interface LineWait {
  /** Only lines from this index on count. Default 0: lines already there count too. */
  readonly from?: number;
  readonly timeoutMs: number;
}

interface Waiter {
  readonly from: number;
  matches(text: string): boolean;
  resolve(line: LogLine): void;
  reject(error: Error): void;
}

/**
 * The output of one process, line by line. Tests wait here for a line to appear, and look here when
 * something else did not.
 */
export class LogBook {
  readonly #onLine: ((line: LogLine) => void) | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #partial = new Map<string, string>();
  #lines: LogLine[] = [];
  #nextIndex = 0;

  constructor(options: { onLine?: (line: LogLine) => void } = {}) {
    this.#onLine = options.onLine;
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** The index that the next line will get; hand it to {@link waitFor} as `from` to ask for new lines only. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Adds output as it comes; an unfinished line waits for its rest, apart for each stream. */
  append(stream: string, chunk: string): void {
    const parts = ((this.#partial.get(stream) ?? "") + chunk).split("\n");
    this.#partial.set(stream, parts.pop() ?? "");
    for (const text of parts) this.#add(text.trimEnd());
  }

  /** Settles what is still open: unfinished lines become lines, waits fail with `exited`. */
  end(reason: string): void {
    for (const rest of this.#partial.values()) if (rest !== "") this.#add(rest);
    this.#partial.clear();
    for (const waiter of this.#waiters)
      waiter.reject(new HarnessError("exited", `${reason}\n${this.tail()}`));
    this.#waiters.clear();
  }

  /** Resolves with the first line that matches; rejects with `deadline`, or with `exited` once the process is gone. */
  async waitFor(match: RegExp | string, wait: LineWait): Promise<LogLine> {
    const matches = (text: string): boolean =>
      typeof match === "string" ? text.includes(match) : match.test(text);
    const from = wait.from ?? 0;
    const present = this.#lines.find((line) => line.index >= from && matches(line.text));
    if (present !== undefined) return present;

    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const waiter: Waiter = { from, matches, resolve, reject };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => {
      reject(
        new HarnessError(
          "deadline",
          `no line matched ${String(match)} in ${wait.timeoutMs} ms\n${this.tail()}`,
        ),
      );
    }, wait.timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** The last lines as one text, for error messages. */
  tail(count = 40): string {
    return this.#lines
      .slice(-count)
      .map((line) => `  | ${line.text}`)
      .join("\n");
  }

  #add(text: string): void {
    const line: LogLine = { index: this.#nextIndex, text };
    this.#nextIndex += 1;
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines = this.#lines.slice(-MAX_LINES / 2);
    this.#onLine?.(line);
    for (const waiter of this.#waiters)
      if (line.index >= waiter.from && waiter.matches(text)) waiter.resolve(line);
  }
}
