// The command tree `openclaw convos …`. Each action loads its room when it runs: help and completion load nothing.
import { type Command, shared } from "channel-kit/cold";
import type { CliOptions } from "channel-kit/terminal";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { addConversationCommands } from "./cli-conversation-commands.ts";
import { runCommand } from "./cli-run.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

export function registerConvosCli(api: Pick<OpenClawPluginApi, "registerCli">): void {
  api.registerCli(({ config, program }) => buildConvosCommand(program, config), {
    descriptors: [CLI_DESCRIPTOR],
  });
}

function buildConvosCommand(program: Command, cfg: OpenClawConfig): void {
  const convos = program.command(CLI_DESCRIPTOR.name).description(CLI_DESCRIPTOR.description);

  shared(
    convos.command("status"),
    "What works and what waits, and the conversations, account by account",
  ).action((options: CliOptions) =>
    runCommand(cfg, options, async (context) =>
      (await import("./cli-status.ts")).showStatus(context, options.account),
    ),
  );

  addSetupCommands(convos, cfg);
  addConversationCommands(convos, cfg);
  addIdentityCommands(convos, cfg);
  addDeadLetterCommands(convos, cfg);
}

const openIdentity = () => import("./cli-identity.ts");
const openLetters = () => import("./cli-dead-letters.ts");

function addIdentityCommands(convos: Command, cfg: OpenClawConfig): void {
  const identity = shared(convos.command("identity"), "Where the keys of the agent are");
  identity.action((options: CliOptions) =>
    runCommand(cfg, options, async (context) => (await openIdentity()).showIdentity(context)),
  );
  shared(
    identity.command("delete"),
    "Delete keys and conversations, after a typed confirmation",
  ).action((_options: CliOptions, command: Command) =>
    runCommand(cfg, command.optsWithGlobals(), async (context) =>
      (await openIdentity()).deleteIdentity(context),
    ),
  );

  shared(
    convos.command("backup"),
    "Show the recovery words once, or write an encrypted backup file",
  )
    .option("--file <file>", "Write an encrypted backup file instead of showing words")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .action((options: CliOptions & { file?: string; passphraseFile?: string }) =>
      runCommand(cfg, options, async (context) =>
        (await import("channel-kit/terminal")).backUp(context, options),
      ),
    );

  const restore = shared(
    convos.command("restore"),
    "Restore an identity from a backup file, or from its words",
  );
  restore
    .argument("[file]", "Backup file; without it the words are typed, masked")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .option("--no-scan", "Do not ask the network which keys were in use")
    .action(
      (
        file: string | undefined,
        options: CliOptions & { passphraseFile?: string; scan?: boolean },
      ) =>
        runCommand(cfg, options, async (context) =>
          (await import("./cli-restore.ts")).restore(context, file, options),
        ),
    );

  for (const isOurs of [true, false]) {
    shared(
      restore.command(isOurs ? "confirm" : "refuse"),
      isOurs ? "An offered group is the lost conversation" : "An offered group is a stranger's",
    )
      .argument("<conversation>", "As openclaw convos conversations shows it")
      .action((wanted: string, _options: CliOptions, command: Command) =>
        runCommand(cfg, command.optsWithGlobals(), async (context) =>
          (await import("./cli-conversations.ts")).settleOffer(context, wanted, isOurs),
        ),
      );
  }
}

function addDeadLetterCommands(convos: Command, cfg: OpenClawConfig): void {
  const letters = convos
    .command("dead-letters")
    .description("Messages that came in and were given up");
  shared(letters.command("list", { isDefault: true }), "What was given up, and why").action(
    (options: CliOptions) =>
      runCommand(cfg, options, async (context) => (await openLetters()).listDeadLetters(context)),
  );
  shared(letters.command("retry"), "Hand one to the agent again")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      runCommand(cfg, options, async (context) =>
        (await openLetters()).retryDeadLetter(context, id),
      ),
    );
  shared(letters.command("drop"), "Delete one for good")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      runCommand(cfg, options, async (context) =>
        (await openLetters()).dropDeadLetter(context, id),
      ),
    );
}
