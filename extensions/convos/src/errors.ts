import path from "node:path";
import type { StartFailures } from "channel-kit/cold";

// The one error class of this plugin is that of the shared rooms it stands on.
export { ChannelKitError as ConvosChannelError, readCode } from "channel-kit/cold";

/** XMTP's native module, which an install brings along and a copied folder lacks; the version that we are built with. */
const NATIVE_PACKAGE = "@xmtp/node-bindings@1.11.0-nightly.20260726.b649d1a";

/** Below the state directory: where the host keeps the copies that it loads plugins from. */
const CAPTURES = path.join(path.sep, "tmp", "plugin-captures", path.sep);

/**
 * Where the module has to be installed to complete a copied plugin: in a folder above the plugin's own and above the copy
 * that the host makes of it, which is the state directory. Pure.
 *
 * @param moduleFolder - Of this file, or of the bundle that it is in.
 */
export function nativePrefix(moduleFolder: string): string {
  const captures = moduleFolder.indexOf(CAPTURES);
  if (captures !== -1) return moduleFolder.slice(0, captures);
  // <state directory>/extensions/convos/dist
  return path.resolve(moduleFolder, "..", "..", "..");
}

/** Completes a copied plugin: Node.js looks for the module in the folders above it. */
export const NATIVE_COMMAND = `npm install --no-save --prefix '${nativePrefix(import.meta.dirname)}' ${NATIVE_PACKAGE}`;

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
