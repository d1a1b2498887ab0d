// What every `openclaw mesh` command shares; how it asks and answers is the same for every channel of ours.
import * as kit from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import type { ResolvedMeshAccount } from "./accounts.ts";

export type CliContext = kit.CliContext<ResolvedMeshAccount>;
export type { CliAnswer, CliOptions } from "channel-kit/terminal";

/** Runs one command, see {@link kit.runCliCommand}. */
export async function runCliCommand(
  cfg: OpenClawConfig,
  options: kit.CliOptions,
  command: (context: CliContext) => Promise<kit.CliAnswer>,
): Promise<void> {
  await kit.runCliCommand(meshChannel, cfg, options, command);
}

/** @throws MeshChannelError `config_invalid`. */
export function createCliContext(cfg: OpenClawConfig, accountId: string | undefined): CliContext {
  return kit.createCliContext(meshChannel, cfg, accountId);
}
