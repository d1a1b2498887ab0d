/** Why the command or a call of its API cannot do what was asked. Callers branch on the code, never on the text. */
export type MeshCommandErrorCode =
  /** Bad arguments, settings, or fields: doing it again changes nothing. */
  | "usage"
  /** No peer runs with this folder, or it does not answer. */
  | "not_running"
  /** A file that should hold something of ours cannot be read, or others may read it. It is left as it is. */
  | "unusable_file"
  | "port_in_use"
  /** The running peer said no; the text has its reason. */
  | "refused";

/** A text for an operator: what failed, why, and the next command. Never message text, ids, or secrets. */
export class MeshCommandError extends Error {
  override readonly name = "MeshCommandError";
  readonly code: MeshCommandErrorCode;

  constructor(code: MeshCommandErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
  }
}
