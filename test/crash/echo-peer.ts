import { setTimeout as sleep } from "node:timers/promises";

/** Messages under way at most; more would only wait for the next child. */
const WINDOW = 24;
const PAUSE_MS = 15;

/** What came back. `lost` and `doubled` hold the numbers concerned. */
export interface EchoResult {
  readonly sent: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** First echoes that came after a later number's. */
  readonly reordered: number;
  /** Echoes of what was never sent. */
  readonly strange: number;
}

/** The line to the child, as one channel has it. */
export interface EchoLine {
  /** Resolves when the text is on its way for sure. */
  send(text: string): Promise<void>;
  /** What the child says. */
  texts(signal: AbortSignal): AsyncIterable<string>;
}

/** The counterpart of the child: sends numbers, and counts how often each comes back. */
export class EchoPeer {
  readonly #line: EchoLine;
  readonly #echoes = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #sent = 0;
  #reordered = 0;
  #highest = -1;
  #strange = 0;

  constructor(line: EchoLine) {
    this.#line = line;
  }

  /** Sends numbers until `feeding` aborts, and counts echoes until `signal` does. */
  async run(feeding: AbortSignal, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#feed(AbortSignal.any([feeding, signal])), this.#count(signal)]);
  }

  get sent(): number {
    return this.#sent;
  }

  result(): EchoResult {
    const numbers = Array.from({ length: this.#sent }, (_, index) => String(index));
    return {
      sent: this.#sent,
      lost: numbers.filter((number) => !this.#echoes.has(number)),
      doubled: numbers.filter((number) => (this.#echoes.get(number) ?? 0) > 1),
      reordered: this.#reordered,
      strange: this.#strange,
    };
  }

  /** Resolves when `count` different numbers have come back. */
  async echoed(count: number): Promise<void> {
    while (this.#echoes.size < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await promise;
    }
  }

  async #feed(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#sent - this.#echoes.size < WINDOW) {
        await this.#line.send(String(this.#sent));
        this.#sent += 1;
      }
      // A steady stream, so that every moment of the child's life has messages in it.
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #count(signal: AbortSignal): Promise<void> {
    for await (const text of this.#line.texts(signal)) this.#note(text);
  }

  #note(text: string): void {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number >= this.#sent + 1) this.#strange += 1;
    const before = this.#echoes.get(text) ?? 0;
    this.#echoes.set(text, before + 1);
    if (before === 0 && number < this.#highest) this.#reordered += 1;
    this.#highest = Math.max(this.#highest, number);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
