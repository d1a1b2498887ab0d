// `openclaw gossip setup` and `openclaw gossip owner`. The rooms are loaded when a command runs.
import {
  addOwnerCommand,
  runSetupCommand,
  SCOPE_OPTION,
  shared,
  type Command,
} from "channel-kit/cli";
import type { CliOptions, ScopeChoice } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import type { SetupInput } from "./setup.ts";

type SetupOptions = CliOptions &
  ScopeChoice &
  Omit<SetupInput, "allowFrom"> & { readonly allowFrom?: string };

/** Adds the two commands below `openclaw gossip`. */
export function addSetupCommands(gossip: Command, cfg: OpenClawConfig): void {
  shared(gossip.command("setup"), "Set an account up without questions; safe to run again")
    .option("--username <name>", "Name that people see")
    .option("--protocol-url <url>", "Base address of the Gossip API, with /api")
    .option("--dm-policy <policy>", "pairing, allowlist, open or disabled")
    .option("--allow-from <ids>", "Ids that may write, separated by commas")
    .option("--mnemonic-file <path>", "Restore from a file with the phrase; - reads standard input")
    .option(
      "--use-env",
      "Take the phrase from GOSSIP_MNEMONIC of the gateway, or GOSSIP_MNEMONIC_ACCOUNT",
    )
    .option(...SCOPE_OPTION)
    .action((options: SetupOptions) =>
      runSetupCommand(gossipChannel, options, async (accountId) => {
        const { describeProvisioned, setUpAccount } = await import("./setup-unattended.ts");
        const { allowFrom, account: _account, json: _json, plain: _plain, ...input } = options;
        const list = allowFrom?.split(",").map((id) => id.trim());
        const { done, scope } = await setUpAccount(cfg, accountId, {
          ...input,
          ...(list === undefined ? {} : { allowFrom: list }),
        });
        return {
          json: { ...done, dmScope: scope.dmScope },
          lines: [...describeProvisioned(done, accountId, input), ...scope.advice],
        };
      }),
    );
  addOwnerCommand(
    gossip,
    gossipChannel,
    cfg,
    "Make your phone the owner of the bot, by a one-time code",
    async (accountId) => {
      const { ownerRooms } = await import("./owner-handshake.ts");
      const { createOwnerStep, makeOwner } = await import("channel-kit/terminal");
      return await makeOwner(createOwnerStep(ownerRooms, cfg, accountId));
    },
  );
}
