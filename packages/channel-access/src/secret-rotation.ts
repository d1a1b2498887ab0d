// What happens when a secret reload brings a value that cannot be used.
//
// The host stops the account, puts the new value in place and starts it again. Only `isConfigured` is asked while it
// still waits: what is thrown there makes the reload fail. The host then starts the account once more, and still with the
// new value, because a rotation leaves the reference as it was. So the last value that worked is kept here, in memory
// alone, and the account goes on with it.
import { createHash, randomBytes } from "node:crypto";
import { ChannelAccessError } from "./errors.ts";

/** Why a new value was not taken. */
export type SecretRefusal =
  /** The reference gives nothing any more. */
  | { readonly kind: "empty" }
  /** Not a value of its kind at all. */
  | { readonly kind: "invalid" }
  /** A good value, of somebody else. */
  | { readonly kind: "other"; readonly id: string };

export interface SecretRotationOptions<TAccount extends { readonly accountId: string }> {
  /** The resolved secret; undefined when there is none in the configuration, or its reference gave nothing. */
  readSecret(account: TAccount): string | undefined;
  /** The reference behind the secret, as text; undefined when the configuration has none or the value itself. */
  readReference(accountId: string): string | undefined;
  /** The public id that a secret makes. Offline. Rejects when it is no valid secret. */
  identify(secret: string): Promise<string>;
  /** `account` with the secret of `from`. */
  withSecretOf(account: TAccount, from: TAccount): TAccount;
}

/** Guards the accounts of one channel. Nothing in it prints or throws a secret. */
export interface SecretRotation<TAccount extends { readonly accountId: string }> {
  /** Call it in `stopAccount`: the next start may come with another value. */
  expectStart(accountId: string): void;
  /**
   * Call it in `isConfigured`. Between a stop and a start it looks at a value that is new, once; at any other time it
   * does nothing.
   *
   * @throws ChannelAccessError `secret_refused`: the host reports the reload as failed, and starts the account again.
   */
  check(account: TAccount): Promise<void>;
  /** Call it in `startAccount`: the account to start with, which has the last good secret when the new one was refused. */
  begin(account: TAccount): TAccount;
  /** The start failed because of its secret. @returns the account to go on with, when there is a last good secret. */
  fallBack(account: TAccount): Promise<TAccount | undefined>;
  /** The account runs as `id`: its secret is the last good one from now on. */
  started(account: TAccount, id: string): void;
  /** Why the present value is not in use, for status; and whom the account goes on as. */
  refusal(
    accountId: string,
  ): { readonly refusal: SecretRefusal; readonly runningAs: string } | undefined;
}

interface Entry<TAccount> {
  readonly account: TAccount;
  readonly id: string;
  readonly print: string;
  readonly reference: string;
  refused?: { readonly print: string; readonly refusal: SecretRefusal };
}

export function createSecretRotation<TAccount extends { readonly accountId: string }>(
  options: SecretRotationOptions<TAccount>,
): SecretRotation<TAccount> {
  const entries = new Map<string, Entry<TAccount>>();
  const expected = new Set<string>();
  const salt = randomBytes(16);

  const takePrint = (account: TAccount): string =>
    createHash("sha256")
      .update(salt)
      .update(options.readSecret(account) ?? "")
      .digest("hex");

  /** What is known of an account whose reference is still the same: a new reference is the operator's own decision. */
  const find = (accountId: string): Entry<TAccount> | undefined => {
    const entry = entries.get(accountId);
    return entry?.reference === options.readReference(accountId) ? entry : undefined;
  };

  async function judge(
    account: TAccount,
    good: Entry<TAccount>,
  ): Promise<SecretRefusal | undefined> {
    const secret = options.readSecret(account);
    if (secret === undefined) return { kind: "empty" };
    try {
      const id = await options.identify(secret);
      return id === good.id ? undefined : { kind: "other", id };
    } catch {
      // The reason may quote the value.
      return { kind: "invalid" };
    }
  }

  /** @returns Whether the value was refused just now. */
  async function refuseUnlessGood(account: TAccount, entry: Entry<TAccount>): Promise<boolean> {
    const refusal = await judge(account, entry);
    if (refusal === undefined) return false;
    entry.refused = { print: takePrint(account), refusal };
    return true;
  }

  return {
    expectStart: (accountId) => void expected.add(accountId),
    check: async (account) => {
      const { accountId } = account;
      if (!expected.has(accountId)) return;
      const entry = find(accountId);
      if (entry === undefined) return;
      const print = takePrint(account);
      if (print === entry.print || print === entry.refused?.print) return;
      if (!(await refuseUnlessGood(account, entry))) return;
      expected.delete(accountId);
      throw new ChannelAccessError(
        "secret_refused",
        `account ${accountId}: the new secret was not taken and the last good one stays in use; ` +
          "see: openclaw channels status",
      );
    },
    begin: (account) => {
      const { accountId } = account;
      expected.delete(accountId);
      const entry = find(accountId);
      if (entry?.refused === undefined) return account;
      if (entry.refused.print === takePrint(account))
        return options.withSecretOf(account, entry.account);
      delete entry.refused;
      return account;
    },
    fallBack: async (account) => {
      const entry = find(account.accountId);
      if (entry === undefined || entry.print === takePrint(account)) return undefined;
      const isRefused = await refuseUnlessGood(account, entry);
      return isRefused ? options.withSecretOf(account, entry.account) : undefined;
    },
    started: (account, id) => {
      const { accountId } = account;
      const reference = options.readReference(accountId);
      const refused = entries.get(accountId)?.refused;
      const print = takePrint(account);
      entries.delete(accountId);
      if (reference === undefined || options.readSecret(account) === undefined) return;
      entries.set(accountId, {
        account,
        id,
        print,
        reference,
        ...(refused === undefined || refused.print === print ? {} : { refused }),
      });
    },
    refusal: (accountId) => {
      const entry = find(accountId);
      return entry?.refused && { refusal: entry.refused.refusal, runningAs: entry.id };
    },
  };
}
