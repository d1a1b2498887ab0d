// The command tree `openclaw gossip …`. Each action loads its room when it runs: help and completion load nothing.
import { type Command, shared } from "channel-kit/cold";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { CliAnswer, CliContext, CliOptions } from "./cli-io.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

type Run = (context: CliContext) => Promise<CliAnswer>;

export function registerGossipCli(api: Pick<OpenClawPluginApi, "registerCli">): void {
  api.registerCli(({ config, program }) => buildGossipCommand(program, config), {
    descriptors: [CLI_DESCRIPTOR],
  });
}

function buildGossipCommand(program: Command, cfg: OpenClawConfig): void {
  const gossip = program.command(CLI_DESCRIPTOR.name).description(CLI_DESCRIPTOR.description);

  addSetupCommands(gossip, cfg);

  shared(gossip.command("status"), "What works and what waits, account by account").action(
    (options: CliOptions) =>
      run(cfg, options, async (context) => {
        const { showStatus } = await import("./cli-status.ts");
        return await showStatus(context, options.account);
      }),
  );

  const identity = shared(gossip.command("identity"), "Who the bot is and where its key is");
  identity.action((options: CliOptions) =>
    run(cfg, options, async (context) => (await import("./cli-identity.ts")).showIdentity(context)),
  );
  shared(
    identity.command("delete"),
    "Delete key and conversations, after a typed confirmation",
  ).action((_options: CliOptions, command: Command) =>
    run(cfg, command.optsWithGlobals(), async (context) =>
      (await import("./cli-identity.ts")).deleteIdentity(context),
    ),
  );

  shared(
    gossip.command("backup"),
    "Show the recovery words once, or write an encrypted backup file",
  )
    .option("--file <file>", "Write an encrypted backup file instead of showing words")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .action((options: CliOptions & { file?: string; passphraseFile?: string }) =>
      run(cfg, options, async (context) =>
        (await import("./cli-backup.ts")).backUp(context, options),
      ),
    );

  shared(gossip.command("restore"), "Restore an identity from a backup file, or from its words")
    .argument("[file]", "Backup file; without it the words are typed, masked")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .option("--scan", "Read the relay's bulletin for known people without asking")
    .option("--no-scan", "Do not read the bulletin")
    .action(
      (
        file: string | undefined,
        options: CliOptions & { passphraseFile?: string; scan?: boolean },
      ) =>
        run(cfg, options, async (context) =>
          (await import("./cli-restore.ts")).restore(context, file, options),
        ),
    );

  shared(gossip.command("invite"), "Link and QR code under which people find the bot")
    .option("--png <file>", "Write the code as a picture too (mode 0600)")
    .action((options: CliOptions & { png?: string }) =>
      run(cfg, options, async (context) =>
        (await import("./cli-identity.ts")).showInvite(context, options),
      ),
    );

  const contacts = gossip.command("contacts").description("Who may write to the bot");
  shared(
    contacts.command("list", { isDefault: true }),
    "Ids and where their access is written",
  ).action((options: CliOptions) =>
    run(cfg, options, async (context) => (await openContacts()).showContacts(context)),
  );
  shared(contacts.command("remove"), "Close access of one id everywhere, e.g. of a lost phone")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      run(cfg, options, async (context) => (await openContacts()).removeContact(context, id)),
    );
  shared(contacts.command("replace"), "Give a new id what an old one had, e.g. after a new phone")
    .argument("<old>")
    .argument("<new>")
    .action((oldId: string, newId: string, options: CliOptions) =>
      run(cfg, options, async (context) =>
        (await openContacts()).replaceContact(context, oldId, newId),
      ),
    );

  const letters = gossip
    .command("dead-letters")
    .description("Messages that came in and were given up");
  shared(letters.command("list", { isDefault: true }), "What was given up, and why").action(
    (options: CliOptions) =>
      run(cfg, options, async (context) => (await openLetters()).listDeadLetters(context)),
  );
  shared(letters.command("retry"), "Hand one to the agent again")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      run(cfg, options, async (context) => (await openLetters()).retryDeadLetter(context, id)),
    );
  shared(letters.command("drop"), "Delete one for good")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      run(cfg, options, async (context) => (await openLetters()).dropDeadLetter(context, id)),
    );
}

const openContacts = () => import("./cli-contacts.ts");
const openLetters = () => import("./cli-dead-letters.ts");

async function run(cfg: OpenClawConfig, options: CliOptions, command: Run): Promise<void> {
  const { runCliCommand } = await import("./cli-io.ts");
  await runCliCommand(cfg, options, command);
}
