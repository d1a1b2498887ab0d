// Secrets behind a reference that make an identity: what a reload brings must be the same identity, or it is not taken.
import { createSecretRotation, type SecretRefusal, type SecretRotation } from "channel-access";
import { coerceSecretRef } from "openclaw/plugin-sdk/secret-ref-runtime";
import { getRuntimeConfigSourceSnapshot } from "openclaw/plugin-sdk/runtime-config-snapshot";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import * as z from "zod";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { ChannelKitError, type ChannelKitErrorCode } from "./errors.ts";
import { channelFolder, slugUsername } from "./identity-path.ts";
import { secretKey, type MnemonicSource } from "./mnemonic.ts";

const SectionSchema = z.looseObject({
  accounts: z.record(z.string(), z.looseObject({}).catch({})).catch({}),
});

/** Guards one secret of each account. One per secret, channel and process: the host asks, stops and starts apart. */
export interface SecretGuard<TAccount extends ChannelAccount> {
  readonly rotation: SecretRotation<TAccount>;
  /** Runs an account with its new secret, or with the last good one when the new one cannot be used. */
  readonly runWithGoodSecret: (
    account: TAccount,
    run: (account: TAccount) => Promise<void>,
    warn: (line: string) => void,
  ) => Promise<void>;
  /** What the operator is told while a refused secret stands behind the reference: what, why, and the next command. */
  readonly formatRefusal: (
    account: Pick<ChannelAccount, "accountId" | "username">,
  ) => string | undefined;
}

/** What a guard knows of its secret, and how it speaks of it. */
export interface SecretGuardOptions<TAccount extends ChannelAccount> {
  readonly channelId: string;
  /** Where an account's configuration has it, such as `mnemonic`. */
  readonly field: string;
  readonly readSource: (account: TAccount) => MnemonicSource;
  /** The public id that it makes. Offline. Rejects when it is no valid one. */
  readonly identify: (secret: string) => Promise<string>;
  /** An id for people; default: as it is. */
  readonly showId?: (id: string) => string;
  /** `account` with the secret of `from`. */
  readonly withSecretOf: (account: TAccount, from: TAccount) => TAccount;
  readonly words: {
    /** After "the secret behind …": it is no valid one, and it is a valid one of another identity. */
    readonly isInvalid: string;
    readonly isOther: string;
    /** What to put back. */
    readonly good: string;
  };
  /** After "To switch instead:", when the operator means it. */
  readonly howToSwitch: (account: Pick<ChannelAccount, "accountId" | "username">) => string;
}

/** The recovery phrase of a channel's accounts, which every channel has. */
export function createPhraseGuard<TAccount extends ChannelAccount>(
  channel: Pick<AccountChannel, "id" | "loadIdentities">,
): SecretGuard<TAccount> {
  return createSecretGuard<TAccount>({
    channelId: channel.id,
    field: "mnemonic",
    readSource: ({ mnemonic }) => mnemonic,
    identify: async (words) => {
      const { maker } = await channel.loadIdentities();
      const { userId } = await maker.derive(words);
      return userId;
    },
    withSecretOf: (account, { mnemonic }) => ({ ...account, mnemonic }),
    words: {
      isInvalid: "is no valid recovery phrase",
      isOther: "is the phrase of another identity",
      good: "its phrase",
    },
    howToSwitch: ({ username }) => {
      const parent = channelFolder({
        channelId: channel.id,
        stateDir: resolveStateDir(process.env),
      });
      const slug = slugUsername(username);
      return `openclaw gateway stop; mv '${parent}/${slug}' '${parent}/.kept-${slug}'; openclaw gateway start`;
    },
  });
}

export function createSecretGuard<TAccount extends ChannelAccount>(
  options: SecretGuardOptions<TAccount>,
): SecretGuard<TAccount> {
  const { channelId, field, readSource } = options;
  const rotation = createSecretRotation<TAccount>({
    readSecret: (account) => {
      const source = readSource(account);
      return source.kind === "configured" ? source.words.reveal() : undefined;
    },
    readReference: (accountId) => readReference(channelId, accountId, field),
    identify: options.identify,
    withSecretOf: options.withSecretOf,
  });
  const formatRefusal: SecretGuard<TAccount>["formatRefusal"] = (account) => {
    const refused = rotation.refusal(account.accountId);
    return refused && describeRefusal(options, account, refused);
  };
  return {
    rotation,
    formatRefusal,
    runWithGoodSecret: async (account, run, warn) => {
      const runAs = async (chosen: TAccount): Promise<void> => {
        const refusal = formatRefusal(account);
        if (refusal !== undefined) warn(refusal);
        await run(chosen);
      };
      const chosen = rotation.begin(account);
      try {
        await runAs(chosen);
      } catch (error) {
        const isAboutSecret = error instanceof ChannelKitError && ABOUT_SECRET.has(error.code);
        const other = isAboutSecret ? await rotation.fallBack(chosen) : undefined;
        if (other === undefined) throw error;
        await runAs(other);
      }
    },
  };
}

/** Failures of a start that another secret would mend. */
const ABOUT_SECRET: ReadonlySet<ChannelKitErrorCode> = new Set([
  "mnemonic_unavailable",
  "mnemonic_invalid",
  "identity_mismatch",
]);

type Refused = NonNullable<ReturnType<SecretRotation<never>["refusal"]>>;

function describeRefusal<TAccount extends ChannelAccount>(
  {
    channelId,
    field,
    howToSwitch,
    showId = (id) => id,
    words,
  }: Omit<SecretGuardOptions<TAccount>, "readSource">,
  account: Pick<ChannelAccount, "accountId" | "username">,
  { refusal, runningAs }: Refused,
): string {
  const reasons: Readonly<Record<SecretRefusal["kind"], string>> = {
    empty: "is empty",
    invalid: words.isInvalid,
    other: words.isOther,
  };
  const key = secretKey(channelId, account.accountId, field);
  const what = `${channelId}: the secret behind ${key} ${reasons[refusal.kind]}`;
  const named = refusal.kind === "other" ? ` (${showId(refusal.id)})` : "";
  const more = refusal.kind === "other" ? `. To switch instead: ${howToSwitch(account)}` : "";
  return (
    `${what}${named} and was not taken; the account goes on as ${showId(runningAs)} until OpenClaw ends. ` +
    `Put ${words.good} back, then: openclaw secrets reload${more}`
  );
}

/** The reference as the configuration file has it. What is written there in clear is no rotation but an edit. */
function readReference(channelId: string, accountId: string, field: string): string | undefined {
  const section = SectionSchema.safeParse(
    getRuntimeConfigSourceSnapshot()?.channels?.[channelId] ?? {},
  );
  if (!section.success) return undefined;
  const { accounts, ...root } = section.data;
  const own = accounts[accountId]?.[field];
  const reference = coerceSecretRef(own ?? (accountId === "default" ? root[field] : undefined));
  return reference === null || reference === undefined ? undefined : JSON.stringify(reference);
}

/** Several secrets of one account, guarded together. */
export interface SecretGuards<TAccount extends ChannelAccount> extends Pick<
  SecretGuard<TAccount>,
  "formatRefusal" | "runWithGoodSecret"
> {
  /** See {@link SecretRotation.check}. */
  readonly check: (account: TAccount) => Promise<void>;
  /** See {@link SecretRotation.expectStart}. */
  readonly expectStart: (accountId: string) => void;
}

/** One guard for all: a start fails over for each secret by itself. */
export function joinSecretGuards<TAccount extends ChannelAccount>(
  guards: readonly SecretGuard<TAccount>[],
): SecretGuards<TAccount> {
  return {
    check: async (account) => {
      for (const { rotation } of guards) await rotation.check(account);
    },
    expectStart: (accountId) => {
      for (const { rotation } of guards) rotation.expectStart(accountId);
    },
    formatRefusal: (account) => {
      const texts = guards.flatMap((guard) => guard.formatRefusal(account) ?? []);
      return texts.length === 0 ? undefined : texts.join(" ");
    },
    runWithGoodSecret: async (account, run, warn) => {
      const runAll = guards.reduceRight<(chosen: TAccount) => Promise<void>>(
        (inner, guard) => (chosen) => guard.runWithGoodSecret(chosen, inner, warn),
        run,
      );
      await runAll(account);
    },
  };
}
