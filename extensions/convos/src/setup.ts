import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { patchAccount } from "./account-patch.ts";
import { resolveConvosAccount } from "./accounts.ts";
import { ConvosChannelError } from "./errors.ts";

/** Environment variable of `--use-env`. Words never go on a command line either. */
const MNEMONIC_VARIABLE = "CONVOS_MNEMONIC";

const ENVS = ["production", "dev", "local"] as const;

export interface SetupInput {
  readonly name?: string;
  /** A file with the invite, or `-`. An invite never goes on a command line: other users can read those. */
  readonly inviteFile?: string;
  readonly env?: (typeof ENVS)[number];
  readonly apiUrl?: string;
  /** The words stand in {@link MNEMONIC_VARIABLE} of the gateway's environment. */
  readonly useEnv?: boolean;
  /** A file with the words, or `-`. */
  readonly mnemonicFile?: string;
}

/**
 * `openclaw channels add --channel convos`, with or without options. The fields stand in package.json too, where the
 * host reads them before it loads the plugin; a test keeps the two equal.
 */
export const convosSetupContract = defineChannelSetupContract({
  fields: {
    inviteFile: {
      kind: "string",
      cli: {
        flags: "--invite-file <path>",
        description: "Join by the invite in a file; - reads standard input",
      },
    },
    env: {
      kind: "choice",
      choices: ENVS,
      cli: {
        flags: "--env <network>",
        description: "XMTP network: production, dev or local",
      },
    },
    apiUrl: {
      kind: "string",
      cli: {
        flags: "--api-url <url>",
        description: "Address of another XMTP node than the network's own",
      },
    },
    useEnv: {
      kind: "boolean",
      cli: {
        flags: "--use-env",
        description: `Take the recovery phrase from ${MNEMONIC_VARIABLE}`,
      },
      envVars: [MNEMONIC_VARIABLE],
    },
    mnemonicFile: {
      kind: "string",
      cli: {
        flags: "--mnemonic-file <path>",
        description:
          "Restore the identity from a file with its recovery phrase; - reads standard input",
      },
    },
  },
  adapter: {
    // The section itself stays the account `default` when others are added.
    configPromotion: "preserve-root",
    resolveAccountId: ({ accountId }) => normalizeAccountId(accountId),
    applyAccountName: ({ cfg, accountId, name }) =>
      name === undefined ? cfg : patchAccount(cfg, accountId, { name }),
    validateInput: ({ cfg, accountId, input }) => validate(cfg, accountId, input),
    applyAccountConfig: ({ cfg, accountId, input }) => apply(cfg, accountId, input),
    afterAccountConfigWritten: async ({ cfg, accountId, input, runtime }) => {
      const { provisionAccount } = await import("./setup-unattended.ts");
      for (const line of await provisionAccount(cfg, accountId, input)) runtime.log(line);
    },
  },
});

/** Reasons against a set of options, before anything is written. */
export function validate(cfg: OpenClawConfig, accountId: string, input: SetupInput): string | null {
  if (input.useEnv === true && input.mnemonicFile !== undefined) {
    return "--use-env and --mnemonic-file name two phrases; give one of them";
  }
  if (input.inviteFile === "-" && input.mnemonicFile === "-") {
    return "standard input has one of the two, the invite or the recovery phrase";
  }
  try {
    resolveConvosAccount(apply(cfg, accountId, input), accountId);
    return null;
  } catch (error) {
    if (error instanceof ConvosChannelError) return error.message;
    throw error;
  }
}

/** The configuration with these options in it. */
export function apply(cfg: OpenClawConfig, accountId: string, input: SetupInput): OpenClawConfig {
  return patchAccount(cfg, accountId, {
    enabled: true,
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.env === undefined ? {} : { env: input.env }),
    ...(input.apiUrl === undefined ? {} : { apiUrl: input.apiUrl }),
    ...(input.useEnv === true
      ? { mnemonic: { source: "env", provider: "default", id: MNEMONIC_VARIABLE } }
      : {}),
  });
}
