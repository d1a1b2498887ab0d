// Recovery phrases behind a secret reference: what a reload brings must be the same identity, or it is not taken.
import { createSecretRotation, type SecretRefusal, type SecretRotation } from "channel-access";
import { coerceSecretRef } from "openclaw/plugin-sdk/secret-ref-runtime";
import { getRuntimeConfigSourceSnapshot } from "openclaw/plugin-sdk/runtime-config-snapshot";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import * as z from "zod";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { ChannelKitError, type ChannelKitErrorCode } from "./errors.ts";
import { channelFolder, slugUsername } from "./identity-path.ts";
import { mnemonicKey } from "./mnemonic.ts";

const PhraseHolderSchema = z.looseObject({ mnemonic: z.unknown().optional() }).catch({});
const SectionSchema = z.looseObject({
  mnemonic: z.unknown().optional(),
  accounts: z.record(z.string(), PhraseHolderSchema).catch({}),
});

/** One per channel and process: the host asks, stops and starts through different doors. */
export interface PhraseRotation<TAccount extends ChannelAccount> {
  readonly rotation: SecretRotation<TAccount>;
  /** Runs an account with its new phrase, or with the last good one when the new one cannot be used. */
  readonly runWithGoodSecret: (
    account: TAccount,
    run: (account: TAccount) => Promise<void>,
    warn: (line: string) => void,
  ) => Promise<void>;
  /** What the operator is told while a refused phrase stands behind the reference: what, why, and the next command. */
  readonly formatRefusal: (
    account: Pick<ChannelAccount, "accountId" | "username">,
  ) => string | undefined;
}

export function createPhraseRotation<TAccount extends ChannelAccount>(
  channel: Pick<AccountChannel, "id" | "loadIdentities">,
): PhraseRotation<TAccount> {
  const rotation = createSecretRotation<TAccount>({
    readSecret: ({ mnemonic }) =>
      mnemonic.kind === "configured" ? mnemonic.words.reveal() : undefined,
    readReference: (accountId) => readReference(channel.id, accountId),
    identify: async (words) => {
      const { maker } = await channel.loadIdentities();
      const { userId } = await maker.derive(words);
      return userId;
    },
    withSecretOf: (account, { mnemonic }) => ({ ...account, mnemonic }),
  });
  const formatRefusal: PhraseRotation<TAccount>["formatRefusal"] = (account) => {
    const refused = rotation.refusal(account.accountId);
    return refused && describeRefusal(channel.id, account, refused);
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
        const isAboutPhrase = error instanceof ChannelKitError && ABOUT_PHRASE.has(error.code);
        const other = isAboutPhrase ? await rotation.fallBack(chosen) : undefined;
        if (other === undefined) throw error;
        await runAs(other);
      }
    },
  };
}

/** Failures of a start that another phrase would mend. */
const ABOUT_PHRASE: ReadonlySet<ChannelKitErrorCode> = new Set([
  "mnemonic_unavailable",
  "mnemonic_invalid",
  "identity_mismatch",
]);

type Refused = NonNullable<ReturnType<SecretRotation<never>["refusal"]>>;

function describeRefusal(
  channelId: string,
  account: Pick<ChannelAccount, "accountId" | "username">,
  { refusal, runningAs }: Refused,
): string {
  const what = `${channelId}: the secret behind ${mnemonicKey(channelId, account.accountId)} ${REASONS[refusal.kind]}`;
  const named = refusal.kind === "other" ? ` (${refusal.id})` : "";
  return (
    `${what}${named} and was not taken; the account goes on as ${runningAs} until OpenClaw ends. ` +
    `Put its phrase back, then: openclaw secrets reload${howToSwitch(channelId, account, refusal)}`
  );
}

const REASONS: Readonly<Record<SecretRefusal["kind"], string>> = {
  empty: "is empty",
  invalid: "is no valid recovery phrase",
  other: "is the phrase of another identity",
};

function howToSwitch(
  channelId: string,
  { username }: Pick<ChannelAccount, "username">,
  refusal: SecretRefusal,
): string {
  if (refusal.kind !== "other") return "";
  const parent = channelFolder({ channelId, stateDir: resolveStateDir(process.env) });
  const slug = slugUsername(username);
  return (
    `. To switch instead: openclaw gateway stop; mv '${parent}/${slug}' '${parent}/.kept-${slug}'; ` +
    "openclaw gateway start"
  );
}

/** The reference as the configuration file has it. What is written there in clear is no rotation but an edit. */
function readReference(channelId: string, accountId: string): string | undefined {
  const section = SectionSchema.safeParse(
    getRuntimeConfigSourceSnapshot()?.channels?.[channelId] ?? {},
  );
  if (!section.success) return undefined;
  const { accounts, mnemonic } = section.data;
  const own = accounts[accountId]?.mnemonic;
  const reference = coerceSecretRef(own ?? (accountId === "default" ? mnemonic : undefined));
  return reference === null || reference === undefined ? undefined : JSON.stringify(reference);
}
