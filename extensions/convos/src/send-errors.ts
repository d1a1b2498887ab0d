// SDK error → host error, for what is sent. Apart from the others: every command of the host would load what it needs.
import { readCode } from "channel-kit/cold";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";

/** Codes of the protocol client that are raised before a message is on disk: it has certainly not left. */
const NOT_QUEUED: ReadonlySet<string> = new Set([
  "closed",
  "locked",
  "queue_full",
  "state_unwritable",
  "network_unreachable",
]);

/** Of these, trying again cannot help. */
const PERMANENT: ReadonlySet<string> = new Set([
  "invalid_target",
  "invalid_input",
  "too_large",
  "unknown_conversation",
  "not_allowed",
]);

/**
 * What queueing a message threw, for the host: nothing has left the machine, so the host may try again, unless that
 * cannot help. The message names the code only; an error of a dependency may quote what a person wrote.
 */
export function mapSendError(error: unknown): unknown {
  const code = readCode(error);
  if (code === undefined || !(NOT_QUEUED.has(code) || PERMANENT.has(code))) return error;
  return new PlatformMessageNotDispatchedError(`convos: not sent (${code})`, {
    cause: error,
    retryable: !PERMANENT.has(code),
  });
}
