import { settingPath } from "./account-patch.ts";
import { SecretText } from "./secret-text.ts";

/** Where an account's recovery words come from. */
export type MnemonicSource =
  /** Made on first run and kept in session.json. */
  | { readonly kind: "generated" }
  | { readonly kind: "configured"; readonly words: SecretText }
  /** Configured, but the secret or environment variable behind it gave nothing. */
  | { readonly kind: "unavailable" };

/** @param value - `mnemonic` of an account as the host resolved it. */
export function resolveMnemonic(value: unknown): MnemonicSource {
  if (value === undefined) return { kind: "generated" };
  // An object is a reference that nobody resolved; `${NAME}` is how the host leaves a missing environment variable.
  if (typeof value !== "string" || value.trim() === "" || /^\$\{\w+\}$/.test(value.trim())) {
    return { kind: "unavailable" };
  }
  return { kind: "configured", words: new SecretText(value) };
}

/** Where the configuration has the recovery phrase of an account. */
export function mnemonicKey(channelId: string, accountId: string): string {
  return secretKey(channelId, accountId, "mnemonic");
}

/** Where the configuration has a secret of an account. */
export function secretKey(channelId: string, accountId: string, field: string): string {
  return settingPath(channelId, accountId, field);
}
