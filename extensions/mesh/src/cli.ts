// The command tree `openclaw mesh …`. Each action loads its room when it runs: help and completion load nothing.
import {
  addBackupCommand,
  addDeadLetterCommands,
  addIdentityCommands,
  addRestoreCommand,
  createCommandRunner,
  shared,
  type Command,
} from "channel-kit/cold";
import type { CliOptions } from "channel-kit/terminal";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

export function registerMeshCli(api: Pick<OpenClawPluginApi, "registerCli">): void {
  api.registerCli(({ config, program }) => buildMeshCommand(program, config), {
    descriptors: [CLI_DESCRIPTOR],
  });
}

const openNetwork = () => import("./cli-network.ts");

function buildMeshCommand(program: Command, cfg: OpenClawConfig): void {
  const mesh = program.command(CLI_DESCRIPTOR.name).description(CLI_DESCRIPTOR.description);
  const run = createCommandRunner(meshChannel, cfg);

  addSetupCommands(mesh, cfg);

  shared(mesh.command("status"), "What works and what waits, account by account").action(
    (options: CliOptions) =>
      run(options, async (context) => {
        const { showStatus } = await import("./cli-status.ts");
        return await showStatus(context, options.account);
      }),
  );

  addIdentityCommands(mesh, run, {
    about: {
      show: "Who the bot is and where its key is",
      delete: "Delete key and messages, after a typed confirmation",
    },
  });
  addBackupCommand(mesh, run);
  addRestoreCommand(mesh, run, async (context, file, options) =>
    (await import("./cli-restore.ts")).restore(context, file, options),
  );

  shared(mesh.command("channels"), "Channels that the bot listens to, and their rules").action(
    (options: CliOptions) =>
      run(options, async (context) => (await openNetwork()).showChannels(context)),
  );
  shared(mesh.command("peers"), "Peers that the bot is connected with now").action(
    (options: CliOptions) =>
      run(options, async (context) => (await openNetwork()).showPeers(context)),
  );

  addDeadLetterCommands(mesh, run, async () => (await import("./dead-letters.ts")).readSender);
}
