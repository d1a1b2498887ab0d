import { inspect } from "node:util";

const REDACTED = "[redacted]";

/** Text that must not reach a log, an error or a status line. Printing, serializing or inspecting it shows nothing. */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Keep the result in a local variable and pass it on; never store or print it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
