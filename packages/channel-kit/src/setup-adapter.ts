// How the host sets an account up by options, as far as that is the same in every channel.
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelSetupAdapter } from "openclaw/plugin-sdk/channel-setup";
import type { AccountChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { ChannelKitError } from "./errors.ts";
import { secretName } from "./secret-name.ts";

type PhraseVariable = Pick<AccountChannel, "phraseVariable">;

/** Where the recovery phrase of an account comes from, when it does not get a new one. */
export interface SetupPhrase {
  /** The words stand in a variable of the gateway's environment. */
  readonly useEnv?: boolean;
  /** A file with the words, or `-`. */
  readonly mnemonicFile?: string;
}

/** The options for {@link SetupPhrase}. A phrase never goes on a command line: other users can read those. */
export function phraseFields(variable: string) {
  return {
    useEnv: {
      kind: "boolean",
      // Without `envVars`: the host would want the variable of the account `default` for every account.
      cli: {
        flags: "--use-env",
        description: `Take the recovery phrase from ${variable}, of another account from ${variable}_ACCOUNT`,
      },
    },
    mnemonicFile: {
      kind: "string",
      cli: {
        flags: "--mnemonic-file <path>",
        description:
          "Restore the identity from a file with its recovery phrase; - reads standard input",
      },
    },
  } as const;
}

/** What an account's section says of its phrase. */
export function patchPhrase(
  { phraseVariable }: PhraseVariable,
  accountId: string,
  { useEnv }: SetupPhrase,
): object {
  if (useEnv !== true) return {};
  const id = secretName(phraseVariable, normalizeAccountId(accountId));
  return { mnemonic: { source: "env", provider: "default", id } };
}

/** A missing phrase, which a gateway would find only when it starts. */
function findEmptyVariable(
  { phraseVariable }: PhraseVariable,
  accountId: string,
  { useEnv }: SetupPhrase,
): string | null {
  const name = secretName(phraseVariable, normalizeAccountId(accountId));
  if (useEnv !== true || (process.env[name] ?? "").trim() !== "") return null;
  return `--use-env takes the recovery phrase from ${name}, which is empty; set it here and for the gateway`;
}

/**
 * The reason against a set of options, before anything is written.
 *
 * @param inspect - Names a problem of the channel's own, or throws what reading the new configuration throws.
 */
export function findSetupProblem(
  { mnemonicFile, useEnv }: SetupPhrase,
  inspect: () => string | null,
): string | null {
  if (useEnv === true && mnemonicFile !== undefined) {
    return "--use-env and --mnemonic-file name two phrases; give one of them";
  }
  try {
    return inspect();
  } catch (error) {
    if (error instanceof ChannelKitError) return error.message;
    throw error;
  }
}

export interface SetupRules<TInput> {
  /** Reasons against a set of options, before anything is written. */
  readonly validate: (cfg: OpenClawConfig, accountId: string, input: TInput) => string | null;
  /** The configuration with these options in it. */
  readonly apply: (cfg: OpenClawConfig, accountId: string, input: TInput) => OpenClawConfig;
  /** Loads what makes the identity after the host wrote the configuration. It returns lines for the operator. */
  readonly load: () => Promise<{
    readonly provisionAccount: (
      cfg: OpenClawConfig,
      accountId: string,
      input: TInput,
    ) => Promise<string[]>;
  }>;
}

export function createSetupAdapter<TInput extends SetupPhrase & { name?: string }>(
  channel: Pick<AccountChannel, "id" | "phraseVariable">,
  { apply, load, validate }: SetupRules<TInput>,
): ChannelSetupAdapter<TInput> {
  return {
    // The section itself stays the account `default` when others are added.
    configPromotion: "preserve-root",
    resolveAccountId: ({ accountId }) => normalizeAccountId(accountId),
    applyAccountName: ({ cfg, accountId, name }) =>
      name === undefined ? cfg : patchAccount(channel.id, cfg, accountId, { name }),
    validateInput: ({ cfg, accountId, input }) =>
      validate(cfg, accountId, input) ?? findEmptyVariable(channel, accountId, input),
    applyAccountConfig: ({ cfg, accountId, input }) => apply(cfg, accountId, input),
    afterAccountConfigWritten: async ({ cfg, accountId, input, runtime }) => {
      const { provisionAccount } = await load();
      for (const line of await provisionAccount(cfg, accountId, input)) runtime.log(line);
    },
  };
}
