// `openclaw mesh setup` and `openclaw mesh owner`. The rooms are loaded when a command runs.
import { type Command, shared } from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { SetupInput } from "./setup.ts";

interface SharedOptions {
  readonly account?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
}

type ListKey = "allowFrom" | "channels" | "peers";
type SetupOptions = SharedOptions &
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
    .option("--use-env", "Take the phrase from MESH_MNEMONIC of the gateway")
    .action((options: SetupOptions) =>
      answer(options, async (accountId) => {
        const { describeProvisioned, setUpAccount } = await import("./setup-unattended.ts");
        const { account: _account, json: _json, plain: _plain, ...given } = options;
        const { allowFrom, channels, peers, ...others } = given;
        const input: SetupInput = { ...others, ...readLists({ allowFrom, channels, peers }) };
        const done = await setUpAccount(cfg, accountId, input);
        return {
          json: { ...done },
          lines: describeProvisioned(done, accountId, input),
          exitCode: 0,
        };
      }),
    );
  shared(
    mesh.command("owner"),
    "Make a peer of yours the owner of the bot, by a one-time code",
  ).action((options: SharedOptions) =>
    answer(options, async (accountId) => {
      const { describeOutcome, makeOwner } = await import("./cli-owner.ts");
      const outcome = await makeOwner(cfg, accountId);
      return {
        json: { ...outcome },
        lines: [describeOutcome(outcome)],
        exitCode: outcome.kind === "owner" ? 0 : 1,
      };
    }),
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

interface Answer {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** Exit code 0: done; 1: refused or failed, with the reason on stderr, or in the JSON. */
async function answer(
  { account, json }: SharedOptions,
  run: (accountId: string) => Promise<Answer>,
): Promise<void> {
  const accountId = normalizeAccountId(account);
  try {
    const done = await run(accountId);
    const text =
      json === true ? JSON.stringify({ accountId, ...done.json }) : done.lines.join("\n");
    process.stdout.write(`${text}\n`);
    process.exitCode = done.exitCode;
  } catch (error) {
    const { toStartError } = await import("./errors.ts");
    const { code, message } = toStartError(error);
    if (json === true) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
}
