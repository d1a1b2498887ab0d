import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";
import { readCode } from "./errors.ts";

/** Codes of a protocol client that are raised before a message is on disk: it has certainly not left. */
export interface SendFailures {
  /** Trying again may help. */
  readonly passing: readonly string[];
  /** Trying again cannot help. */
  readonly permanent: readonly string[];
}

/**
 * Makes what says to the host what queueing a message threw: nothing has left the machine, so the host may try again, unless
 * that cannot help. Other errors stay as they are: perhaps sent. The message names the code only; an error of a dependency
 * may quote what a person wrote.
 */
export function createSendErrorMapper(
  channelId: string,
  failures: SendFailures,
): (error: unknown) => unknown {
  const passing = new Set(failures.passing);
  const permanent = new Set(failures.permanent);
  return (error) => {
    const code = readCode(error);
    if (code === undefined || !(passing.has(code) || permanent.has(code))) return error;
    return new PlatformMessageNotDispatchedError(`${channelId}: not sent (${code})`, {
      cause: error,
      retryable: !permanent.has(code),
    });
  };
}
