import {
  createSetupAdapter,
  findSetupProblem,
  parseSection,
  patchPhrase,
  phraseFields,
  slugUsername,
  type SetupPhrase,
} from "channel-kit/cold";
import { DEFAULT_ACCOUNT_ID } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { gossipChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseListEntry } from "./targets.ts";

const DM_POLICIES = ["pairing", "allowlist", "open", "disabled"] as const;

export interface SetupInput extends SetupPhrase {
  readonly name?: string;
  readonly username?: string;
  readonly protocolUrl?: string;
  readonly dmPolicy?: (typeof DM_POLICIES)[number];
  readonly allowFrom?: string[];
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
    ...phraseFields(gossipChannel.phraseVariable),
  },
  adapter: createSetupAdapter<SetupInput>(gossipChannel, {
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
      return "--allow-from takes Gossip user ids: gossip1 and 58 more characters, accessGroup:NAME, or * with --dm-policy open";
    }
    const next = apply(cfg, accountId, input);
    const account = resolveGossipAccount(next, accountId);
    return findUsernameClash(next, account.accountId, account.username);
  });
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
      : { allowFrom: input.allowFrom.map((entry) => tryParseListEntry(entry) ?? entry) }),
    ...patchPhrase(gossipChannel, accountId, input),
  });
}
