import path from "node:path";
import { readCode, type StartFailures } from "channel-kit/cold";
import { PlatformMessageNotDispatchedError } from "openclaw/plugin-sdk/error-runtime";

// The one error class of this plugin is that of the shared rooms it stands on.
export { ChannelKitError as ConvosChannelError, readCode } from "channel-kit/cold";

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

/** XMTP's native module, which an install brings along and a copied folder lacks; the version that we are built with. */
const NATIVE_PACKAGE = "@xmtp/node-bindings@1.11.0-nightly.20260726.b649d1a";

/** Completes a copied plugin: Node.js looks for the module in the folders above it. */
export const NATIVE_COMMAND = `npm install --no-save --prefix '${path.resolve(import.meta.dirname, "..", "..")}' ${NATIVE_PACKAGE}`;

/** Codes of the protocol client, in the operator's words: what, and the next step. */
export const START_FAILURES: StartFailures = {
  invalid_key: [
    "mnemonic_invalid",
    "privateKey is no key: it has 64 hexadecimal characters. Put the right one back, then: openclaw secrets reload",
  ],
  native_unavailable: [
    "native_unavailable",
    `XMTP's native module does not load on ${process.platform}-${process.arch}; to install it: ` +
      `${NATIVE_COMMAND}, then: openclaw gateway restart`,
  ],
};
