import { createNativeProvider } from "./native.ts";
import { createPortableProvider } from "./portable.ts";
import type { CryptoProvider } from "./provider.ts";
import { nativeSelfTestFailure } from "./self-test.ts";

/** Which provider is used, and why. */
export interface CryptoSelection {
  readonly provider: CryptoProvider;
  /** Why the native provider is not used; for status output. */
  readonly fallbackReason?: string;
}

let selection: CryptoSelection | undefined;

/**
 * The native provider if it passes its self-test on this machine, otherwise the portable one with the reason. The test
 * runs at the first call in each thread and takes some milliseconds.
 */
export function selectCrypto(): CryptoSelection {
  selection ??= chooseProvider(createNativeProvider(), createPortableProvider());
  return selection;
}

/** The provider of {@link selectCrypto}. */
export function defaultCrypto(): CryptoProvider {
  return selectCrypto().provider;
}

/** Decides by the self-test. */
export function chooseProvider(native: CryptoProvider, portable: CryptoProvider): CryptoSelection {
  const fallbackReason = nativeSelfTestFailure(native);
  return fallbackReason === undefined
    ? { provider: native }
    : { provider: portable, fallbackReason };
}
