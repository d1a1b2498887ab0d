import {
  createSetupAdapter,
  findSetupProblem,
  patchPhrase,
  phraseFields,
  type SetupPhrase,
} from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { meshChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { resolveMeshAccount } from "./accounts.ts";
import { tryParseListEntry } from "./targets.ts";

const DM_POLICIES = ["pairing", "allowlist", "open", "disabled"] as const;

export interface SetupInput extends SetupPhrase {
  readonly name?: string;
  readonly channels?: string[];
  readonly bootstrapUrl?: string;
  readonly bootstrapSigner?: string;
  readonly peers?: string[];
  readonly dmPolicy?: (typeof DM_POLICIES)[number];
  readonly allowFrom?: string[];
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
    ...phraseFields(meshChannel.phraseVariable),
  },
  adapter: createSetupAdapter<SetupInput>(meshChannel, {
    validate,
    apply,
    load: () => import("./setup-unattended.ts"),
  }),
});

/** Reasons against a set of options, before anything is written. */
export function validate(cfg: OpenClawConfig, accountId: string, input: SetupInput): string | null {
  return findSetupProblem(input, () => {
    const wrong = (input.allowFrom ?? []).find((entry) => tryParseListEntry(entry) === undefined);
    if (wrong !== undefined) {
      return "--allow-from takes peer ids of 43 characters, accessGroup:NAME, or * with --dm-policy open";
    }
    resolveMeshAccount(apply(cfg, accountId, input), accountId);
    return null;
  });
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
      : { allowFrom: input.allowFrom.map((entry) => tryParseListEntry(entry) ?? entry) }),
    ...patchPhrase(meshChannel, accountId, input),
  });
}
