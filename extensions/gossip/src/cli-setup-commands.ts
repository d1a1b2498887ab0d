// `openclaw gossip setup` and `openclaw gossip owner`. The rooms are loaded when a command runs.
import { type Command, shared } from "channel-kit/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import type { SetupInput } from "./setup.ts";

interface SharedOptions {
  readonly account?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
}

type SetupOptions = SharedOptions & Omit<SetupInput, "allowFrom"> & { readonly allowFrom?: string };

/** Adds the two commands below `openclaw gossip`. */
export function addSetupCommands(gossip: Command, cfg: OpenClawConfig): void {
  shared(gossip.command("setup"), "Set an account up without questions; safe to run again")
    .option("--username <name>", "Name that people see")
    .option("--protocol-url <url>", "Base address of the Gossip API, with /api")
    .option("--dm-policy <policy>", "pairing, allowlist, open or disabled")
    .option("--allow-from <ids>", "Ids that may write, separated by commas")
    .option("--mnemonic-file <path>", "Restore from a file with the phrase; - reads standard input")
    .option("--use-env", "Take the phrase from GOSSIP_MNEMONIC of the gateway")
    .action((options: SetupOptions) =>
      answer(options, async (accountId) => {
        const { describeProvisioned, setUpAccount } = await import("./setup-unattended.ts");
        const { allowFrom, account: _account, json: _json, plain: _plain, ...input } = options;
        const list = allowFrom?.split(",").map((id) => id.trim());
        const done = await setUpAccount(cfg, accountId, {
          ...input,
          ...(list === undefined ? {} : { allowFrom: list }),
        });
        return {
          json: { ...done },
          lines: describeProvisioned(done, accountId, input),
          exitCode: 0,
        };
      }),
    );
  shared(
    gossip.command("owner"),
    "Make your phone the owner of the bot, by a one-time code",
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
