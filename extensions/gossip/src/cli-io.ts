// What every `openclaw gossip` command shares; how it asks and answers is the same for every channel of ours.
import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import type { ResolvedGossipAccount } from "./accounts.ts";

export type CliContext = kit.CliContext<ResolvedGossipAccount>;
export type { CliAnswer, CliOptions } from "channel-kit/terminal";

/** Runs one command, see {@link kit.runCliCommand}. */
export async function runCliCommand(
  cfg: OpenClawConfig,
  options: kit.CliOptions,
  command: (context: CliContext) => Promise<kit.CliAnswer>,
): Promise<void> {
  await kit.runCliCommand(gossipChannel, cfg, options, command);
}

/** @throws GossipChannelError `config_invalid`. */
export function createCliContext(cfg: OpenClawConfig, accountId: string | undefined): CliContext {
  return kit.createCliContext(gossipChannel, cfg, accountId);
}
