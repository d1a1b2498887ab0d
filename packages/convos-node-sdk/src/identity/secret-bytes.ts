import { copyBytes } from "../codec/bytes.ts";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * Holds key material so that it cannot be printed by accident: `String`, `JSON.stringify` and `util.inspect` all show
 * `[redacted]`.
 */
export class SecretBytes {
  readonly #bytes: Uint8Array;

  /** @param bytes - Copied; the caller keeps and may wipe its own. */
  constructor(bytes: Uint8Array) {
    this.#bytes = copyBytes(bytes);
  }

  /** Takes over key material: copied, and wiped where it was. */
  static consume(bytes: Uint8Array): SecretBytes {
    const secret = new SecretBytes(bytes);
    bytes.fill(0);
    return secret;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The bytes themselves, not a copy: read them, never write or keep them. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [INSPECT](): string {
    return "[redacted]";
  }
}
