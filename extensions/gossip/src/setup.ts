import { parseSection, slugUsername } from "channel-kit/cold";
import { DEFAULT_ACCOUNT_ID, normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { patchAccount } from "./account-patch.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError } from "./errors.ts";
import { tryParseAllowEntry } from "./targets.ts";

/** Environment variable of `--use-env`. A recovery phrase never goes on a command line: other users can read those. */
const MNEMONIC_VARIABLE = "GOSSIP_MNEMONIC";

const DM_POLICIES = ["pairing", "allowlist", "open", "disabled"] as const;

export interface SetupInput {
  readonly name?: string;
  readonly username?: string;
  readonly protocolUrl?: string;
  readonly dmPolicy?: (typeof DM_POLICIES)[number];
  readonly allowFrom?: string[];
  readonly useEnv?: boolean;
  readonly mnemonicFile?: string;
}

/**
 * `openclaw channels add --channel gossip`, with or without options. The fields stand in package.json too, where the
 * host reads them before it loads the plugin; a test keeps the two equal.
 */
export const gossipSetupContract = defineChannelSetupContract({
  fields: {
    username: {
      kind: "string",
      cli: { flags: "--username <name>", description: "Name that people see" },
    },
    protocolUrl: {
      kind: "string",
      cli: {
        flags: "--protocol-url <url>",
        description: "Base address of the Gossip API, with /api",
      },
    },
    dmPolicy: {
      kind: "choice",
      choices: DM_POLICIES,
      cli: {
        flags: "--dm-policy <policy>",
        description: "Who may write: pairing, allowlist, open or disabled",
      },
    },
    allowFrom: {
      kind: "string-list",
      cli: {
        flags: "--allow-from <ids>",
        description: "Gossip user ids that may write, separated by commas",
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
  const wrong = (input.allowFrom ?? []).find((entry) => tryParseAllowEntry(entry) === undefined);
  if (wrong !== undefined) {
    return "--allow-from takes Gossip user ids: gossip1 and 58 more characters, or * with --dm-policy open";
  }
  try {
    const next = apply(cfg, accountId, input);
    const account = resolveGossipAccount(next, accountId);
    return findUsernameClash(next, account.accountId, account.username);
  } catch (error) {
    if (error instanceof GossipChannelError) return error.message;
    throw error;
  }
}

function findUsernameClash(
  cfg: OpenClawConfig,
  accountId: string,
  username: string,
): string | null {
  const section = parseSection(CHANNEL_ID, cfg);
  const others = [DEFAULT_ACCOUNT_ID, ...Object.keys(section.accounts ?? {})].filter(
    (id) => id !== accountId,
  );
  const clash = others.find((id) => {
    const other = resolveGossipAccount(cfg, id);
    return other.enabled && slugUsername(other.username) === slugUsername(username);
  });
  return clash === undefined
    ? null
    : `username "${username}" is that of account "${clash}"; choose another with --username`;
}

/** The configuration with these options in it. */
export function apply(cfg: OpenClawConfig, accountId: string, input: SetupInput): OpenClawConfig {
  return patchAccount(cfg, accountId, {
    enabled: true,
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.username === undefined ? {} : { username: input.username }),
    ...(input.protocolUrl === undefined ? {} : { protocolUrl: input.protocolUrl }),
    ...(input.dmPolicy === undefined ? {} : { dmPolicy: input.dmPolicy }),
    ...(input.allowFrom === undefined
      ? {}
      : { allowFrom: input.allowFrom.map((entry) => tryParseAllowEntry(entry) ?? entry) }),
    ...(input.useEnv === true
      ? { mnemonic: { source: "env", provider: "default", id: MNEMONIC_VARIABLE } }
      : {}),
  });
}
