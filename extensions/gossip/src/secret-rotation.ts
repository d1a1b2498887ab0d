// Recovery phrases behind a secret reference: what a reload brings must be the same identity, or it is not taken.
import { createSecretRotation, type SecretRefusal } from "channel-access";
import { mnemonicKey, slugUsername } from "channel-kit/cold";
import { coerceSecretRef } from "openclaw/plugin-sdk/secret-ref-runtime";
import { getRuntimeConfigSourceSnapshot } from "openclaw/plugin-sdk/runtime-config-snapshot";
import * as z from "zod";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError, type GossipChannelErrorCode } from "./errors.ts";
import { gossipFolder } from "./identity-path.ts";
import { getGossipRuntime } from "./runtime.ts";

const PhraseHolderSchema = z.looseObject({ mnemonic: z.unknown().optional() }).catch({});
const SectionSchema = z.looseObject({
  mnemonic: z.unknown().optional(),
  accounts: z.record(z.string(), PhraseHolderSchema).catch({}),
});

/** One for this process: the host asks, stops and starts through different doors. */
export const secretRotation = createSecretRotation<ResolvedGossipAccount>({
  readSecret: ({ mnemonic }) =>
    mnemonic.kind === "configured" ? mnemonic.words.reveal() : undefined,
  readReference,
  identify: async (words) => {
    const { identityMaker } = await import("./client.ts");
    const { userId } = await identityMaker.derive(words);
    return userId;
  },
  withSecretOf: (account, { mnemonic }) => ({ ...account, mnemonic }),
});

/** Failures of a start that another phrase would mend. */
const ABOUT_PHRASE: ReadonlySet<GossipChannelErrorCode> = new Set([
  "mnemonic_unavailable",
  "mnemonic_invalid",
  "identity_mismatch",
]);

/** Runs an account with its new phrase, or with the last good one when the new one cannot be used. */
export async function runWithGoodSecret(
  account: ResolvedGossipAccount,
  run: (account: ResolvedGossipAccount) => Promise<void>,
  warn: (line: string) => void,
): Promise<void> {
  const runAs = async (chosen: ResolvedGossipAccount): Promise<void> => {
    const refusal = formatRefusal(account);
    if (refusal !== undefined) warn(refusal);
    await run(chosen);
  };
  const chosen = secretRotation.begin(account);
  try {
    await runAs(chosen);
  } catch (error) {
    const isAboutPhrase = error instanceof GossipChannelError && ABOUT_PHRASE.has(error.code);
    const other = isAboutPhrase ? await secretRotation.fallBack(chosen) : undefined;
    if (other === undefined) throw error;
    await runAs(other);
  }
}

/** What the operator is told while a refused phrase stands behind the reference: what, why, and the next command. */
export function formatRefusal(
  account: Pick<ResolvedGossipAccount, "accountId" | "username">,
): string | undefined {
  const refused = secretRotation.refusal(account.accountId);
  if (refused === undefined) return undefined;
  const { refusal, runningAs } = refused;
  const what = `gossip: the secret behind ${mnemonicKey(CHANNEL_ID, account.accountId)} ${REASONS[refusal.kind]}`;
  const named = refusal.kind === "other" ? ` (${refusal.id})` : "";
  return (
    `${what}${named} and was not taken; the account goes on as ${runningAs} until OpenClaw ends. ` +
    `Put its phrase back, then: openclaw secrets reload${howToSwitch(account, refusal)}`
  );
}

const REASONS: Readonly<Record<SecretRefusal["kind"], string>> = {
  empty: "is empty",
  invalid: "is no valid recovery phrase",
  other: "is the phrase of another identity",
};

function howToSwitch(
  { username }: Pick<ResolvedGossipAccount, "username">,
  refusal: SecretRefusal,
): string {
  if (refusal.kind !== "other") return "";
  const parent = gossipFolder(getGossipRuntime().state.resolveStateDir(process.env));
  const slug = slugUsername(username);
  return (
    `. To switch instead: openclaw gateway stop; mv '${parent}/${slug}' '${parent}/.kept-${slug}'; ` +
    "openclaw gateway start"
  );
}

/** The reference as the configuration file has it. What is written there in clear is no rotation but an edit. */
function readReference(accountId: string): string | undefined {
  const section = SectionSchema.safeParse(
    getRuntimeConfigSourceSnapshot()?.channels?.[CHANNEL_ID] ?? {},
  );
  if (!section.success) return undefined;
  const { accounts, mnemonic } = section.data;
  const own = accounts[accountId]?.mnemonic;
  const reference = coerceSecretRef(own ?? (accountId === "default" ? mnemonic : undefined));
  return reference === null || reference === undefined ? undefined : JSON.stringify(reference);
}
