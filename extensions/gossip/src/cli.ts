// The command tree `openclaw gossip …`. Each action loads its room when it runs: help and completion load nothing.
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
import { gossipChannel } from "./account-channel.ts";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

export const registerGossipCli = createCliRegistrar(
  gossipChannel,
  CLI_DESCRIPTOR,
  (gossip, run, cfg) => {
    addSetupCommands(gossip, cfg);

    addStatusCommand(
      gossip,
      run,
      "What works and what waits, account by account",
      () => import("./cli-status.ts"),
    );

    addIdentityCommands(gossip, run, {
      about: {
        show: "Who the bot is and where its key is",
        delete: "Delete key and conversations, after a typed confirmation",
      },
    });
    addBackupCommand(gossip, run);
    addRestoreCommand(gossip, run, async (context, file, options) =>
      (await import("./cli-restore.ts")).restore(context, file, options),
    )
      .option("--scan", "Read the relay's bulletin for known people without asking")
      .option("--no-scan", "Do not read the bulletin");

    shared(gossip.command("invite"), "Link and QR code under which people find the bot")
      .option("--png <file>", "Write the code as a picture too (mode 0600)")
      .action((options: CliOptions & { png?: string }) =>
        run(options, async (context) =>
          (await import("./cli-invite.ts")).showInvite(context, options),
        ),
      );

    addContactCommands(gossip, run);
    addDeadLetterCommands(gossip, run, async () => (await import("./dead-letters.ts")).readSender);
  },
);

const openContacts = () => import("./cli-contacts.ts");

function addContactCommands(gossip: Command, run: RunCommand<ResolvedGossipAccount>): void {
  const contacts = gossip.command("contacts").description("Who may write to the bot");
  shared(
    contacts.command("list", { isDefault: true }),
    "Ids and where their access is written",
  ).action((options: CliOptions) =>
    run(options, async (context) => (await openContacts()).showContacts(context)),
  );
  shared(contacts.command("remove"), "Close access of one id everywhere, e.g. of a lost phone")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      run(options, async (context) => (await openContacts()).removeContact(context, id)),
    );
  shared(contacts.command("replace"), "Give a new id what an old one had, e.g. after a new phone")
    .argument("<old>")
    .argument("<new>")
    .action((oldId: string, newId: string, options: CliOptions) =>
      run(options, async (context) => (await openContacts()).replaceContact(context, oldId, newId)),
    );
}
