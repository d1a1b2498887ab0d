// XMTP's native module, which an install brings along. A copied folder lacks it, and some machines have none.
import { NATIVE_COMMAND } from "./errors.ts";

/** Where there is one; https://github.com/xmtp/libxmtp publishes these. */
const PLATFORMS: readonly string[] = [
  "linux-x64",
  "linux-arm64",
  "darwin-x64",
  "darwin-arm64",
  "win32-x64",
];

export interface NativeProblem {
  readonly message: string;
  /** The next command. */
  readonly fix: string;
}

/** This machine, as `linux-x64`. */
export const NATIVE_PLATFORM = `${process.platform}-${process.arch}`;

/**
 * Looks whether the module is there; it is not loaded, which takes seconds.
 *
 * @param isThere - Whether Node.js finds it from here.
 */
export function findNativeProblem(
  platform: string = NATIVE_PLATFORM,
  isThere: () => boolean = canImport,
): NativeProblem | undefined {
  if (!PLATFORMS.includes(platform)) {
    return {
      message: `XMTP's native module does not exist for ${platform}; it does for ${PLATFORMS.join(", ")}.`,
      fix: "run the gateway on one of these, or in a container of one",
    };
  }
  if (isThere()) return undefined;
  return {
    message: `XMTP's native module is not there for ${platform}.`,
    fix: NATIVE_COMMAND,
  };
}

function canImport(): boolean {
  try {
    import.meta.resolve("@xmtp/node-bindings");
    return true;
  } catch {
    return false;
  }
}
