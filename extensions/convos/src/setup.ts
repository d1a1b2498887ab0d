import {
  createSetupAdapter,
  findSetupProblem,
  patchPhrase,
  phraseFields,
  type SetupPhrase,
} from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { defineChannelSetupContract } from "openclaw/plugin-sdk/channel-setup";
import { convosChannel } from "./account-channel.ts";
import { patchAccount } from "./account-patch.ts";
import { resolveConvosAccount } from "./accounts.ts";

const ENVS = ["production", "dev", "local"] as const;

export interface SetupInput extends SetupPhrase {
  readonly name?: string;
  /** A file with the invite, or `-`. An invite never goes on a command line: other users can read those. */
  readonly inviteFile?: string;
  readonly env?: (typeof ENVS)[number];
  readonly apiUrl?: string;
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
    ...phraseFields(convosChannel.phraseVariable),
  },
  adapter: createSetupAdapter<SetupInput>(convosChannel, {
    validate,
    apply,
    load: () => import("./setup-unattended.ts"),
  }),
});

/** Reasons against a set of options, before anything is written. */
export function validate(cfg: OpenClawConfig, accountId: string, input: SetupInput): string | null {
  return findSetupProblem(input, () => {
    if (input.inviteFile === "-" && input.mnemonicFile === "-") {
      return "standard input has one of the two, the invite or the recovery phrase";
    }
    resolveConvosAccount(apply(cfg, accountId, input), accountId);
    return null;
  });
}

/** The configuration with these options in it. */
export function apply(cfg: OpenClawConfig, accountId: string, input: SetupInput): OpenClawConfig {
  return patchAccount(cfg, accountId, {
    enabled: true,
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.env === undefined ? {} : { env: input.env }),
    ...(input.apiUrl === undefined ? {} : { apiUrl: input.apiUrl }),
    ...patchPhrase(convosChannel, accountId, input),
  });
}
