/**
 * - `undecidable`: the approvals could not be read, so nobody can say whether the sender is allowed. Nothing may
 *   reach the agent; the message should be tried again.
 * - `secret_refused`: a rotated secret is not usable, so the account keeps the one it had.
 * - `runtime_missing`: the host gave no channel runtime, or an older one without the functions used here.
 */
export type ChannelAccessErrorCode = "undecidable" | "runtime_missing" | "secret_refused";

/** The one error class of this package. */
export class ChannelAccessError extends Error {
  override readonly name = "ChannelAccessError";
  readonly code: ChannelAccessErrorCode;

  constructor(code: ChannelAccessErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
