import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { patchAccount } from "./account-patch.ts";
import { resolveMeshAccount } from "./accounts.ts";
import { MeshChannelError } from "./errors.ts";
import { tryParseAllowEntry } from "./targets.ts";

/** Environment variable of `--use-env`. A recovery phrase never goes on a command line: other users can read those. */
const MNEMONIC_VARIABLE = "MESH_MNEMONIC";

const DM_POLICIES = ["pairing", "allowlist", "open", "disabled"] as const;

export interface SetupInput {
  readonly name?: string;
  readonly channels?: string[];
  readonly bootstrapUrl?: string;
  readonly bootstrapSigner?: string;
  readonly peers?: string[];
  readonly dmPolicy?: (typeof DM_POLICIES)[number];
  readonly allowFrom?: string[];
  readonly useEnv?: boolean;
  readonly mnemonicFile?: string;
}

/**
 * `openclaw channels add --channel mesh`, with or without options. The fields stand in package.json too, where the
 * host reads them before it loads the plugin; a test keeps the two equal.
 */
export const meshSetupContract = defineChannelSetupContract({
  fields: {
    channels: {
      kind: "string-list",
      cli: {
        flags: "--channels <ids>",
        description: "Group channels to listen to, separated by commas",
      },
    },
    bootstrapUrl: {
      kind: "string",
      cli: { flags: "--bootstrap-url <url>", description: "Address of a list of peers to dial" },
    },
    bootstrapSigner: {
      kind: "string",
      cli: {
        flags: "--bootstrap-signer <peer id>",
        description: "Take that list only when this peer has signed it",
      },
    },
    peers: {
      kind: "string-list",
      cli: {
        flags: "--peers <urls>",
        description: "Peers to dial, as wss:// addresses separated by commas",
      },
    },
    dmPolicy: {
      kind: "choice",
      choices: DM_POLICIES,
      cli: {
        flags: "--dm-policy <policy>",
        description: "Who may write directly: pairing, allowlist, open or disabled",
      },
    },
    allowFrom: {
      kind: "string-list",
      cli: {
        flags: "--allow-from <ids>",
        description: "Peer ids that may write directly, separated by commas",
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
    return "--allow-from takes peer ids of 43 characters, or * with --dm-policy open";
  }
  try {
    resolveMeshAccount(apply(cfg, accountId, input), accountId);
    return null;
  } catch (error) {
    if (error instanceof MeshChannelError) return error.message;
    throw error;
  }
}

/** The configuration with these options in it. */
export function apply(cfg: OpenClawConfig, accountId: string, input: SetupInput): OpenClawConfig {
  const { bootstrapSigner, bootstrapUrl, channels, dmPolicy, name, peers } = input;
  const given = { name, channels, bootstrapUrl, bootstrapSigner, peers, dmPolicy };
  return patchAccount(cfg, accountId, {
    enabled: true,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(input.allowFrom === undefined
      ? {}
      : { allowFrom: input.allowFrom.map((entry) => tryParseAllowEntry(entry) ?? entry) }),
    ...(input.useEnv === true
      ? { mnemonic: { source: "env", provider: "default", id: MNEMONIC_VARIABLE } }
      : {}),
  });
}
