/**
 * - `deadline`: something awaited did not happen in time; the message names it and quotes the last log lines.
 * - `exited`: a process ended while it was needed.
 * - `command_failed`: an `openclaw` command returned another code than 0.
 * - `rpc_failed`: the gateway refused a call, or the connection to it broke.
 * - `invalid_config`: a configuration file of the host is not a JSON object.
 */
export type HarnessErrorCode =
  | "deadline"
  | "exited"
  | "command_failed"
  | "rpc_failed"
  | "invalid_config";

/** Everything this package throws on purpose. Callers branch on {@link HarnessError.code}. */
export class HarnessError extends Error {
  override readonly name = "HarnessError";
  readonly code: HarnessErrorCode;

  constructor(code: HarnessErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
  }
}
