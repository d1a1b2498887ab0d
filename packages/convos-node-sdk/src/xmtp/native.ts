import { ConvosError } from "../errors.ts";

/** The native module of XMTP. Only this folder sees it. */
export type Native = typeof import("@xmtp/node-bindings");

let loading: Promise<Native> | undefined;

/**
 * Loads the native module, once. It is not imported at the top of any file, so that reading an invite or showing help
 * needs none of its 100 MB.
 *
 * @throws ConvosError `native_unavailable` in one readable line.
 */
export function loadNative(): Promise<Native> {
  loading ??= import("@xmtp/node-bindings").catch((cause: unknown) => {
    loading = undefined;
    throw new ConvosError("native_unavailable", describeMissing(), { cause });
  });
  return loading;
}

function describeMissing(): string {
  const where = `${process.platform}-${process.arch}`;
  return (
    `XMTP's native module does not load on ${where}. It is made for macOS, Windows on x64, and Linux on x64 and arm64 ` +
    "(glibc from 2.25 on x64 and 2.34 on arm64, or musl). On one of these, install again without --omit=optional."
  );
}
