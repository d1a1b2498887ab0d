/**
 * Channels of which everything came while nobody wanted it. Known in memory alone: after a start, before the neighbors have
 * said what they want, nothing that is stored may count as unwanted.
 */
export class StrayChannels {
  /** In the order in which they came. */
  readonly #ids = new Set<number>();
  #bytes = 0;

  /** Of all messages in them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The one that came first. */
  get first(): number | undefined {
    return this.#ids.values().next().value;
  }

  add(id: number): void {
    this.#ids.add(id);
  }

  /** Something was stored in a channel, or deleted. */
  count(id: number, bytes: number): void {
    if (this.#ids.has(id)) this.#bytes += bytes;
  }

  /** Somebody wants it, or nothing is left in it. @param bytes - What it has. */
  delete(id: number, bytes: number): void {
    if (this.#ids.delete(id)) this.#bytes -= bytes;
  }

  /** After a step that failed: its numbers are used again. */
  clear(): void {
    this.#ids.clear();
    this.#bytes = 0;
  }
}
