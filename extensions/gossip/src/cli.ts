// The command tree `openclaw gossip …`.
import type { OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

export function registerGossipCli(api: Pick<OpenClawPluginApi, "registerCli">): void {
  api.registerCli(
    ({ config, program }) => {
      const { description, name } = CLI_DESCRIPTOR;
      addSetupCommands(program.command(name).description(description), config);
    },
    { descriptors: [CLI_DESCRIPTOR] },
  );
}
