// The commands that every channel has below `openclaw <channel>`. A room is loaded when its command runs: help and
// completion load nothing.
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import type { AccountNeed } from "./cli-account.ts";
import type { BackupOptions } from "./cli-backup.ts";
import type { CliAnswer, CliContext, CliOptions } from "./cli-io.ts";
import { shared, type Command } from "./cli-options.ts";
import type { OwnerOutcome } from "./owner-handshake.ts";

/**
 * Runs one command for an account, prints its answer, and ends the process with its exit code.
 *
 * @param need - What has to be there of an account that is named; default: its configuration.
 */
export type RunCommand<TAccount extends ChannelAccount> = (
  options: CliOptions,
  command: (context: CliContext<TAccount>) => Promise<CliAnswer>,
  need?: AccountNeed,
) => Promise<void>;

/** Makes what registers `openclaw <channel>`: the command, below which `build` adds its own. */
export function createCliRegistrar<TAccount extends ChannelAccount>(
  channel: AccountChannel<TAccount>,
  descriptor: {
    readonly name: string;
    readonly description: string;
    readonly hasSubcommands: true;
  },
  build: (parent: Command, run: RunCommand<TAccount>, cfg: OpenClawConfig) => void,
): (api: Pick<OpenClawPluginApi, "registerCli">) => void {
  return (api) =>
    api.registerCli(
      ({ config, program }) => {
        const parent = program.command(descriptor.name).description(descriptor.description);
        build(parent, createCommandRunner(channel, config), config);
      },
      { descriptors: [descriptor] },
    );
}

function createCommandRunner<TAccount extends ChannelAccount>(
  channel: AccountChannel<TAccount>,
  cfg: OpenClawConfig,
): RunCommand<TAccount> {
  return async (options, command, need) => {
    const { runCliCommand } = await import("./cli-io.ts");
    await runCliCommand(channel, cfg, options, command, need);
  };
}

/** `status`, whose room is loaded when the command runs. */
export function addStatusCommand<TAccount extends ChannelAccount>(
  parent: Command,
  run: RunCommand<TAccount>,
  about: string,
  load: () => Promise<{
    readonly showStatus: (context: CliContext<TAccount>, only?: string) => Promise<CliAnswer>;
  }>,
): void {
  shared(parent.command("status"), about).action((options: CliOptions) =>
    run(options, async (context) => (await load()).showStatus(context, options.account)),
  );
}

/** For a command that makes the account what it should be, and so cannot count on its configuration. */
export async function runSetupCommand(
  channel: AccountChannel,
  { account, json = false }: CliOptions,
  command: (accountId: string) => Promise<CliAnswer>,
): Promise<void> {
  const accountId = normalizeAccountId(account);
  const { endCliCommand } = await import("./cli-io.ts");
  await endCliCommand(channel, json, async () => {
    const answer = await command(accountId);
    const text = json ? JSON.stringify({ accountId, ...answer.json }) : answer.lines.join("\n");
    return { text, exitCode: answer.exitCode ?? 0 };
  });
}

/** `owner`; exit code 1 when nobody became owner. */
export function addOwnerCommand(
  parent: Command,
  channel: AccountChannel,
  cfg: OpenClawConfig,
  description: string,
  makeOwner: (accountId: string) => Promise<OwnerOutcome>,
): void {
  shared(parent.command("owner"), description).action((options: CliOptions) =>
    runSetupCommand(channel, options, async (accountId) => {
      const { assertNamedAccount } = await import("./cli-account.ts");
      await assertNamedAccount(channel, cfg, options.account);
      const outcome = await makeOwner(accountId);
      const { describeOutcome } = await import("./cli-owner.ts");
      return {
        json: { ...outcome },
        lines: [describeOutcome(channel, outcome)],
        exitCode: outcome.kind === "owner" ? 0 : 1,
      };
    }),
  );
}

export interface IdentityCommands<TAccount extends ChannelAccount> {
  /** Help of `identity`, and of `identity delete`. */
  readonly about: { readonly show: string; readonly delete: string };
  /** In place of the shared one, when the channel has more to say. */
  readonly deleteIdentity?: (context: CliContext<TAccount>) => Promise<CliAnswer>;
}

/** `identity` and `identity delete`. */
export function addIdentityCommands<TAccount extends ChannelAccount>(
  parent: Command,
  run: RunCommand<TAccount>,
  { about, deleteIdentity }: IdentityCommands<TAccount>,
): void {
  const identity = shared(parent.command("identity"), about.show);
  identity.action((options: CliOptions) =>
    run(options, async (context) => (await openIdentity()).showIdentity(context), "identity"),
  );
  shared(identity.command("delete"), about.delete).action(
    (_options: CliOptions, command: Command) =>
      run(
        command.optsWithGlobals(),
        async (context) => (deleteIdentity ?? (await openIdentity()).deleteIdentity)(context),
        "identity",
      ),
  );
}

const openIdentity = () => import("./cli-identity.ts");

/** `backup`. */
export function addBackupCommand<TAccount extends ChannelAccount>(
  parent: Command,
  run: RunCommand<TAccount>,
): void {
  shared(
    parent.command("backup"),
    "Show the recovery words once, or write an encrypted backup file",
  )
    .option("--file <file>", "Write an encrypted backup file instead of showing words")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .action((options: CliOptions & BackupOptions) =>
      run(
        options,
        async (context) => (await import("./cli-backup.ts")).backUp(context, options),
        "identity",
      ),
    );
}

export interface RestoreOptions {
  readonly passphraseFile?: string;
  /** Whether the network is read for conversations, where the channel has an option for that. */
  readonly scan?: boolean;
}

/** `restore`, to which a channel may add options of its own. */
export function addRestoreCommand<TAccount extends ChannelAccount>(
  parent: Command,
  run: RunCommand<TAccount>,
  restore: (
    context: CliContext<TAccount>,
    file: string | undefined,
    options: RestoreOptions,
  ) => Promise<CliAnswer>,
): Command {
  return shared(
    parent.command("restore"),
    "Restore an identity from a backup file, or from its words",
  )
    .argument("[file]", "Backup file; without it the words are typed, masked")
    .option("--passphrase-file <file>", "Read the passphrase from a file (unattended)")
    .action((file: string | undefined, options: CliOptions & RestoreOptions) =>
      // On a new machine the identity may come before the configuration.
      run(options, (context) => restore(context, file, options), "nothing"),
    );
}

/**
 * `dead-letters list`, `retry` and `drop`.
 *
 * @param loadReader - Loads what reads the user id in a stored event, see `createSenderReader`.
 */
export function addDeadLetterCommands<TAccount extends ChannelAccount>(
  parent: Command,
  run: RunCommand<TAccount>,
  loadReader: () => Promise<(payload: unknown) => string | undefined>,
): void {
  const open = async (context: CliContext<TAccount>) => {
    const { createDeadLetterCommands } = await import("./cli-dead-letters.ts");
    return createDeadLetterCommands(context, await loadReader());
  };
  const letters = parent
    .command("dead-letters")
    .description("Messages that came in and were given up");
  shared(letters.command("list", { isDefault: true }), "What was given up, and why").action(
    (options: CliOptions) => run(options, async (context) => (await open(context)).list()),
  );
  shared(letters.command("retry"), "Hand one to the agent again")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      run(options, async (context) => (await open(context)).retry(id)),
    );
  shared(letters.command("drop"), "Delete one for good")
    .argument("<id>")
    .action((id: string, options: CliOptions) =>
      run(options, async (context) => (await open(context)).drop(id)),
    );
}
