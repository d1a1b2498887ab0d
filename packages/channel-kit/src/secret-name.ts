import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";

/**
 * Under which name an account keeps a secret, in the environment and in the host's store. Each account has a name of its
 * own: the store overwrites what is there, and two accounts with the same words are one identity.
 *
 * @param base - The name for the account `default`, e.g. `GOSSIP_MNEMONIC`.
 */
export function secretName(base: string, accountId: string): string {
  if (accountId === DEFAULT_ACCOUNT_ID) return base;
  // `my-bot` and `my_bot` are two accounts.
  const suffix = accountId
    .toUpperCase()
    .replaceAll("_", "__")
    .replaceAll(/[^A-Z0-9_]/g, "_");
  return `${base}_${suffix}`;
}
