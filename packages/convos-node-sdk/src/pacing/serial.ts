/** Runs things one after the other, in the order they came. One that fails does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    // Only the caller hears of a failure.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
