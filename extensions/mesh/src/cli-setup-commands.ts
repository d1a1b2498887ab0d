// `openclaw mesh setup` and `openclaw mesh owner`. The rooms are loaded when a command runs.
import {
  addOwnerCommand,
  runSetupCommand,
  SCOPE_OPTION,
  shared,
  type Command,
} from "channel-kit/cli";
import type { CliOptions, ScopeChoice } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import type { SetupInput } from "./setup.ts";

type ListKey = "allowFrom" | "channels" | "peers";
type SetupOptions = CliOptions &
  ScopeChoice &
  Omit<SetupInput, ListKey> & { readonly [K in ListKey]?: string };

/** Adds the two commands below `openclaw mesh`. */
export function addSetupCommands(mesh: Command, cfg: OpenClawConfig): void {
  shared(mesh.command("setup"), "Set an account up without questions; safe to run again")
    .option("--channels <ids>", "Group channels to listen to, separated by commas")
    .option("--bootstrap-url <url>", "Address of a list of peers to dial")
    .option("--bootstrap-signer <peer id>", "Take that list only when this peer has signed it")
    .option("--peers <urls>", "Peers to dial, separated by commas")
    .option("--dm-policy <policy>", "pairing, allowlist, open or disabled")
    .option("--allow-from <ids>", "Ids that may write, separated by commas")
    .option("--mnemonic-file <path>", "Restore from a file with the phrase; - reads standard input")
    .option(
      "--use-env",
      "Take the phrase from MESH_MNEMONIC of the gateway, or MESH_MNEMONIC_ACCOUNT",
    )
    .option(...SCOPE_OPTION)
    .action((options: SetupOptions) =>
      runSetupCommand(meshChannel, options, async (accountId) => {
        const { describeProvisioned, setUpAccount } = await import("./setup-unattended.ts");
        const { account: _account, json: _json, plain: _plain, ...given } = options;
        const { allowFrom, channels, peers, ...others } = given;
        const input: SetupInput & ScopeChoice = {
          ...others,
          ...readLists({ allowFrom, channels, peers }),
        };
        const { done, scope } = await setUpAccount(cfg, accountId, input);
        return {
          json: { ...done, dmScope: scope.dmScope },
          lines: [...describeProvisioned(done, accountId, input), ...scope.advice],
        };
      }),
    );
  addOwnerCommand(
    mesh,
    meshChannel,
    cfg,
    "Make a peer of yours the owner of the bot, by a one-time code",
    async (accountId) => {
      const { ownerRooms } = await import("./owner-handshake.ts");
      const { createOwnerStep, makeOwner } = await import("channel-kit/terminal");
      return await makeOwner(createOwnerStep(ownerRooms, cfg, accountId));
    },
  );
}

/** Lists as they stand on a command line, separated by commas; what was not given is left out. */
function readLists(
  given: Readonly<Record<ListKey, string | undefined>>,
): Pick<SetupInput, ListKey> {
  const lists = Object.entries(given).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, text.split(",").map((word) => word.trim())] as const],
  );
  return Object.fromEntries(lists);
}
