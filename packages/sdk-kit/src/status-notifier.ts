/** Tells listeners that the status may have changed: once per turn of the event loop, however much happened in it. */
export class StatusNotifier {
  readonly #log: { warn(line: string): void };
  readonly #listeners = new Set<() => void>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(log: { warn(line: string): void }) {
    this.#log = log;
  }

  /** @returns How to stop listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      for (const listener of this.#listeners) this.#call(listener);
    });
  }

  /** Nobody is told anything after this. */
  close(): void {
    clearImmediate(this.#scheduled);
    this.#listeners.clear();
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch {
      // Somebody else's bug must not end our work; its message may hold anything.
      this.#log.warn("a status listener failed");
    }
  }
}
