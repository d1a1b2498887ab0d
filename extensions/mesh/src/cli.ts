// The command tree `openclaw mesh …`. Each action loads its room when it runs: help and completion load nothing.
import { type Command, shared } from "channel-kit/cold";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { CliAnswer, CliContext, CliOptions } from "./cli-io.ts";
import { addSetupCommands } from "./cli-setup-commands.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";

type Run = (context: CliContext) => Promise<CliAnswer>;

export function registerMeshCli(api: Pick<OpenClawPluginApi, "registerCli">): void {
  api.registerCli(({ config, program }) => buildMeshCommand(program, config), {
    descriptors: [CLI_DESCRIPTOR],
  });
}

function buildMeshCommand(program: Command, cfg: OpenClawConfig): void {
  const mesh = program.command(CLI_DESCRIPTOR.name).description(CLI_DESCRIPTOR.description);

  addSetupCommands(mesh, cfg);

  shared(mesh.command("status"), "What works and what waits, account by account").action(
    (options: CliOptions) =>
      run(cfg, options, async (context) => {
        const { showStatus } = await import("./cli-status.ts");
        return await showStatus(context, options.account);
      }),
  );

  const identity = shared(mesh.command("identity"), "Who the bot is and where its key is");
  identity.action((options: CliOptions) =>
    run(cfg, options, async (context) => (await import("./cli-identity.ts")).showIdentity(context)),
  );
  shared(identity.command("delete"), "Delete key and messages, after a typed confirmation").action(
    (_options: CliOptions, command: Command) =>
      run(cfg, command.optsWithGlobals(), async (context) =>
        (await import("./cli-identity.ts")).deleteIdentity(context),
      ),
  );

  shared(mesh.command("backup"), "Show the recovery words once, or write an encrypted backup file")
    .option("--file <file>", "Write an encrypted backup file instead of showing words")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .action((options: CliOptions & { file?: string; passphraseFile?: string }) =>
      run(cfg, options, async (context) =>
        (await import("./cli-backup.ts")).backUp(context, options),
      ),
    );

  shared(mesh.command("restore"), "Restore an identity from a backup file, or from its words")
    .argument("[file]", "Backup file; without it the words are typed, masked")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .action((file: string | undefined, options: CliOptions & { passphraseFile?: string }) =>
      run(cfg, options, async (context) =>
        (await import("./cli-restore.ts")).restore(context, file, options),
      ),
    );

  shared(mesh.command("channels"), "Channels that the bot listens to, and their rules").action(
    (options: CliOptions) =>
      run(cfg, options, async (context) => (await openNetwork()).showChannels(context)),
  );
  shared(mesh.command("peers"), "Peers that the bot is connected with now").action(
    (options: CliOptions) =>
      run(cfg, options, async (context) => (await openNetwork()).showPeers(context)),
  );

  const letters = mesh
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

const openNetwork = () => import("./cli-network.ts");
const openLetters = () => import("./cli-dead-letters.ts");

async function run(cfg: OpenClawConfig, options: CliOptions, command: Run): Promise<void> {
  const { runCliCommand } = await import("./cli-io.ts");
  await runCliCommand(cfg, options, command);
}
