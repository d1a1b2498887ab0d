// The options that every command of a channel has.
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";

type Registrar = Parameters<OpenClawPluginApi["registerCli"]>[0];

/** A command of OpenClaw's command line. */
export type Command = Parameters<Registrar>[0]["program"];

/** The option of `setup` for what is not in the channel's own section. */
export const SCOPE_OPTION = [
  "--dm-scope <scope>",
  "Who shares a conversation with the agent, in all channels: a value of session.dmScope",
] as const;

export function shared(command: Command, description: string): Command {
  return command
    .description(description)
    .option("--account <id>", "Account; default: the section itself")
    .option("--plain", "No alternate screen and no QR code, for screen readers")
    .option("--json", "Answer in JSON");
}
