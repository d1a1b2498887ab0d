// The command tree `openclaw mesh …`. Each action loads its room when it runs: help and completion load nothing.
import {
  addBackupCommand,
  addDeadLetterCommands,
  addIdentityCommands,
  addRestoreCommand,
  addStatusCommand,
  createCliRegistrar,
  shared,
} from "channel-kit/cli";
import type { CliOptions } from "channel-kit/terminal";
import { meshChannel } from "./account-channel.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

const openNetwork = () => import("./cli-network.ts");

export const registerMeshCli = createCliRegistrar(meshChannel, CLI_DESCRIPTOR, (mesh, run, cfg) => {
  addSetupCommands(mesh, cfg);

  addStatusCommand(
    mesh,
    run,
    "What works and what waits, account by account",
    () => import("./cli-status.ts"),
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
});
