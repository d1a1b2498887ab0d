/** A generator that hands out recorded bytes in order, and knows when a caller strays from the record. */
export class ScriptedRandom {
  #bytes: Uint8Array = new Uint8Array();
  #drawn: number[] = [];

  /** Replaces what is left by a new record. */
  load(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#drawn = [];
  }

  /** Sizes drawn since the last {@link load}. */
  get drawn(): readonly number[] {
    return this.#drawn;
  }

  readonly draw = (length: number): Uint8Array => {
    if (length > this.#bytes.length) {
      throw new Error(`random: ${length} bytes asked, ${this.#bytes.length} recorded`);
    }
    this.#drawn.push(length);
    const bytes = new Uint8Array(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return bytes;
  };
}
