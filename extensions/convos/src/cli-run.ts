import type { CliAnswer, CliContext, CliOptions } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";

/** Runs a command of `openclaw convos`, whose room is loaded then. */
export async function runCommand(
  cfg: OpenClawConfig,
  options: CliOptions,
  command: (context: CliContext<ResolvedConvosAccount>) => Promise<CliAnswer>,
): Promise<void> {
  const { runCliCommand } = await import("channel-kit/terminal");
  await runCliCommand(convosChannel, cfg, options, command);
}
