// The commands of `openclaw convos` that bring the agent into conversations: `setup`, `join` and `owner`.
import { SCOPE_OPTION, shared, type Command, type RunCommand } from "channel-kit/cli";
import type { CliOptions, ScopeChoice } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ResolvedConvosAccount } from "./accounts.ts";
import type { SetupInput } from "./setup.ts";

/** Adds them below `openclaw convos`. */
export function addSetupCommands(
  convos: Command,
  run: RunCommand<ResolvedConvosAccount>,
  cfg: OpenClawConfig,
): void {
  shared(convos.command("setup"), "Set an account up without questions; safe to run again")
    .option("--invite-file <path>", "Join by the invite in a file; - reads standard input")
    .option("--name <name>", "How people see the agent")
    .option("--env <network>", "XMTP network: production, dev or local")
    .option("--api-url <url>", "Address of another XMTP node than the network's own")
    .option("--mnemonic-file <path>", "Restore from a file with the phrase; - reads standard input")
    .option(
      "--use-env",
      "Take the phrase from CONVOS_MNEMONIC of the gateway, or CONVOS_MNEMONIC_ACCOUNT",
    )
    .option(...SCOPE_OPTION)
    .action((options: CliOptions & ScopeChoice & SetupInput) =>
      run(
        options,
        async (context) => {
          const { account: _account, json: _json, plain: _plain, ...input } = options;
          const { setUpAccount } = await import("./setup-unattended.ts");
          return await setUpAccount(cfg, context.account.accountId, input);
        },
        "nothing",
      ),
    );

  const join = shared(
    convos.command("join"),
    "Join a conversation by an invite; sets the account up if need be",
  )
    .option("--invite-file <path>", "File with the invite; default: standard input")
    .option("--env <network>", "XMTP network: production, dev or local")
    .option("--api-url <url>", "Address of another XMTP node than the network's own")
    .option("--add-installation", "Let the configured private key have one more installation");
  join.action((options: CliOptions & SetupInput & { addInstallation?: boolean }) =>
    run(
      options,
      async (context) => (await import("./setup-unattended.ts")).joinByFile(context, options),
      "nothing",
    ),
  );
  shared(join.command("cancel"), "Wait no longer for a join that is pending")
    .argument("<join>", "As openclaw convos status shows it")
    .action((joinId: string, _options: CliOptions, command: Command) =>
      run(command.optsWithGlobals(), async (context) =>
        (await import("./cli-conversations.ts")).cancelJoin(context, joinId),
      ),
    );

  shared(
    convos.command("owner"),
    "Become the owner of the bot, by a one-time code in the owner conversation",
  ).action((options: CliOptions) =>
    run(options, async (context) => {
      const { assertOwnerConversation, ownerRooms } = await import("./owner-handshake.ts");
      const { createOwnerStep, describeOutcome, makeOwner } = await import("channel-kit/terminal");
      await assertOwnerConversation(context);
      const outcome = await makeOwner(createOwnerStep(ownerRooms, cfg, context.account.accountId));
      return {
        json: { ...outcome },
        lines: [describeOutcome(context.channel, outcome)],
        exitCode: outcome.kind === "owner" ? 0 : 1,
      };
    }),
  );
}
