// The command tree `openclaw convos …`. Each action loads its room when it runs: help and completion load nothing.
import {
  addBackupCommand,
  addDeadLetterCommands,
  addIdentityCommands,
  addRestoreCommand,
  addStatusCommand,
  createCliRegistrar,
  shared,
  type Command,
  type RunCommand,
} from "channel-kit/cli";
import type { CliOptions } from "channel-kit/terminal";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { addConversationCommands } from "./cli-conversation-commands.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

export const registerConvosCli = createCliRegistrar(
  convosChannel,
  CLI_DESCRIPTOR,
  (convos, run, cfg) => {
    addStatusCommand(
      convos,
      run,
      "What works and what waits, and the conversations, account by account",
      () => import("./cli-status.ts"),
    );

    addSetupCommands(convos, run, cfg);
    addConversationCommands(convos, run);
    addKeyCommands(convos, run);
    addDeadLetterCommands(convos, run, async () => (await import("./dead-letters.ts")).readSender);
  },
);

/** `identity`, `backup` and `restore`. */
function addKeyCommands(convos: Command, run: RunCommand<ResolvedConvosAccount>): void {
  addIdentityCommands(convos, run, {
    about: {
      show: "Where the keys of the agent are",
      delete: "Delete keys and conversations, after a typed confirmation",
    },
    deleteIdentity: async (context) => (await import("./cli-identity.ts")).deleteIdentity(context),
  });
  addBackupCommand(convos, run);
  const restore = addRestoreCommand(convos, run, async (context, file, options) =>
    (await import("./cli-restore.ts")).restore(context, file, options),
  ).option("--no-scan", "Do not ask the network which keys were in use");

  for (const isOurs of [true, false]) {
    shared(
      restore.command(isOurs ? "confirm" : "refuse"),
      isOurs ? "An offered group is the lost conversation" : "An offered group is a stranger's",
    )
      .argument("<conversation>", "As openclaw convos conversations shows it")
      .action((wanted: string, _options: CliOptions, command: Command) =>
        run(command.optsWithGlobals(), async (context) =>
          (await import("./cli-conversations.ts")).settleOffer(context, wanted, isOurs),
        ),
      );
  }
}
