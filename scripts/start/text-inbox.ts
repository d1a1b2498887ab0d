import { withDeadline } from "channel-testing";

export interface ReceivedText {
  readonly from: string;
  readonly text: string;
}

type Matches = (message: ReceivedText) => boolean;

interface Waiter {
  readonly matches: Matches;
  resolve(message: ReceivedText): void;
  reject(error: unknown): void;
}

/** Texts that came in for somebody, and those who wait for one. */
export class TextInbox {
  readonly #received: ReceivedText[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #taken = new Set<ReceivedText>();
  readonly #listeners = new Set<(message: ReceivedText) => void>();
  #failure: { error: unknown } | undefined;

  /** Every text so far, in order. */
  get received(): readonly ReceivedText[] {
    return this.#received;
  }

  add(message: ReceivedText): void {
    this.#received.push(message);
    for (const listener of this.#listeners) listener(message);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(message)) continue;
      this.#taken.add(message);
      this.#waiters.delete(waiter);
      waiter.resolve(message);
      return;
    }
  }

  /** Calls back for every text from now on, until the returned function is called. */
  onText(listener: (message: ReceivedText) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing more will come, because of `error`: open and later waits fail with it. */
  fail(error: unknown): void {
    this.#failure = { error };
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  /** Takes the first text that matches and that no other wait took. @throws HarnessError `deadline`. */
  async take(matches: Matches, timeoutMs: number): Promise<ReceivedText> {
    const present = this.#received.find((text) => !this.#taken.has(text) && matches(text));
    if (present !== undefined) {
      this.#taken.add(present);
      return present;
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedText>();
    const waiter: Waiter = { matches, resolve, reject };
    this.#waiters.add(waiter);
    try {
      return await withDeadline(promise, timeoutMs, "a message from the other side", () =>
        this.#received.map(({ text }) => `  | ${text}`).join("\n"),
      );
    } finally {
      this.#waiters.delete(waiter);
    }
  }
}
