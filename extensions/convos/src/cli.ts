// The command tree `openclaw convos …`. Each action loads its room when it runs: help and completion load nothing.
import { type Command, shared } from "channel-kit/cold";
import type { CliAnswer, CliContext, CliOptions } from "channel-kit/terminal";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import type { ResolvedConvosAccount } from "./accounts.ts";
import { CLI_DESCRIPTOR } from "./manifest.ts";
import type { SetupInput } from "./setup.ts";

type Run = (context: CliContext<ResolvedConvosAccount>) => Promise<CliAnswer>;

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
    run(cfg, options, async (context) =>
      (await import("./cli-status.ts")).showStatus(context, options.account),
    ),
  );

  shared(convos.command("join"), "Join a conversation by an invite; sets the account up if need be")
    .requiredOption("--invite-file <path>", "File with the invite; - reads standard input")
    .option("--env <network>", "XMTP network: production, dev or local")
    .option("--api-url <url>", "Address of another XMTP node than the network's own")
    .action((options: CliOptions & SetupInput & { inviteFile: string }) =>
      run(cfg, options, async (context) => {
        const { joinByFile } = await import("./setup-unattended.ts");
        const lines = await joinByFile(cfg, context.account.accountId, options);
        return { json: { stored: true }, lines, exitCode: 0 };
      }),
    );

  shared(
    convos.command("owner"),
    "Become the owner of the bot, by a one-time code in the owner conversation",
  ).action((options: CliOptions) =>
    run(cfg, options, async (context) => {
      const { makeOwner } = await import("./owner-handshake.ts");
      const { describeOutcome } = await import("channel-kit/terminal");
      const outcome = await makeOwner(cfg, context.account.accountId);
      return {
        json: { ...outcome },
        lines: [describeOutcome(convosChannel, outcome)],
        exitCode: outcome.kind === "owner" ? 0 : 1,
      };
    }),
  );
}

async function run(cfg: OpenClawConfig, options: CliOptions, command: Run): Promise<void> {
  const { runCliCommand } = await import("channel-kit/terminal");
  await runCliCommand(convosChannel, cfg, options, command);
}
