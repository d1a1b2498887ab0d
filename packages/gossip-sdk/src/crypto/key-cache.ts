/**
 * Remembers what was made of an object for as long as the object lives, for a bounded number of objects: the oldest
 * entry makes room for a new one. A forgotten entry is made again when it is next asked for.
 */
export class KeyCache<Owner extends object, Key> {
  readonly #entries = new WeakMap<Owner, { key: Key | undefined }>();
  readonly #ring: ({ key: Key | undefined } | undefined)[];
  #next = 0;

  constructor(capacity: number) {
    this.#ring = Array.from({ length: capacity });
  }

  get(owner: Owner): Key | undefined {
    return this.#entries.get(owner)?.key;
  }

  set(owner: Owner, key: Key): void {
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) oldest.key = undefined;
    const entry = { key };
    this.#entries.set(owner, entry);
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#ring.length;
  }
}
