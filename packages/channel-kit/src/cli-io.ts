// What every command of a channel shares: which account, how to ask, how to answer.
import { createInterface } from "node:readline/promises";
import { readFile } from "node:fs/promises";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import {
  callGatewayFromCli,
  isGatewayClientRequestError,
} from "openclaw/plugin-sdk/gateway-runtime";
import { resolveStateDir } from "openclaw/plugin-sdk/state-paths";
import type * as z from "zod";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import { assertNamedAccount, type AccountNeed } from "./cli-account.ts";
import { ChannelKitError, toStartError } from "./errors.ts";
import { findTerminal, withPrivateScreen, type Terminal } from "./private-screen.ts";
import { SecretText } from "./secret-text.ts";

/** How long the gateway has for an answer; it is on this machine. */
const CALL_TIMEOUT_MS = "10000";

export interface CliOptions {
  readonly account?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
}

/** What a command found or did: for a program, and for a person. */
export interface CliAnswer {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  /** 0 unless the answer itself is bad news. */
  readonly exitCode?: number;
}

export interface CliContext<TAccount extends ChannelAccount = ChannelAccount> {
  readonly channel: AccountChannel<TAccount>;
  readonly cfg: OpenClawConfig;
  readonly stateDir: string;
  readonly account: TAccount;
  readonly terminal: Terminal | undefined;
  readonly now: () => number;
  /**
   * Asks the gateway that runs the account.
   *
   * @returns undefined when there is no gateway, or when it does not run the account.
   */
  ask<T>(
    method: string,
    schema: z.ZodType<T>,
    params?: Record<string, unknown>,
  ): Promise<T | undefined>;
  /** Asks for a typed word, on a terminal or from a pipe. @throws ChannelKitError `cancelled`. */
  confirm(question: string, expected: string): Promise<void>;
}

/** Runs one command and ends the process with its exit code: 0 done, 1 refused or failed. */
export async function runCliCommand<TAccount extends ChannelAccount>(
  channel: AccountChannel<TAccount>,
  cfg: OpenClawConfig,
  options: CliOptions,
  command: (context: CliContext<TAccount>) => Promise<CliAnswer>,
  need?: AccountNeed,
): Promise<void> {
  const json = options.json === true;
  await endCliCommand(channel, json, async () => {
    await assertNamedAccount(channel, cfg, options.account, need);
    const answer = await command(createCliContext(channel, cfg, options.account, options.plain));
    const text = json ? JSON.stringify(answer.json, undefined, 2) : answer.lines.join("\n");
    return { text, exitCode: answer.exitCode ?? 0 };
  });
}

/** Prints what a command answers, or on stderr why it failed (in JSON on stdout), and sets the exit code. */
export async function endCliCommand(
  channel: Pick<AccountChannel, "id" | "startFailures">,
  json: boolean,
  command: () => Promise<{ readonly text: string; readonly exitCode: number }>,
): Promise<void> {
  try {
    const { exitCode, text } = await command();
    process.stdout.write(`${text}\n`);
    process.exitCode = exitCode;
  } catch (error) {
    const { code, message } = toStartError(error, {
      channelId: channel.id,
      own: channel.startFailures,
    });
    if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else process.stderr.write(`${message}\n`);
    process.exitCode = 1;
  }
}

/** @throws ChannelKitError `config_invalid`. */
export function createCliContext<TAccount extends ChannelAccount>(
  channel: AccountChannel<TAccount>,
  cfg: OpenClawConfig,
  accountId: string | undefined,
  plain?: boolean,
): CliContext<TAccount> {
  const account = channel.resolveAccount(cfg, accountId);
  return {
    channel,
    cfg,
    account,
    stateDir: resolveStateDir(process.env),
    terminal: findTerminal(channel.id, plain === undefined ? {} : { plain }),
    now: Date.now,
    ask: async (method, schema, params = {}) => {
      const answer = await callGateway(method, { accountId: account.accountId, ...params });
      if (answer === undefined || answer["running"] === false) return undefined;
      return schema.parse(answer);
    },
    confirm: async (question, expected) => {
      const typed = await readTypedLine(`${question}\nType ${expected} to go on: `);
      if (typed.trim() === expected) return;
      throw new ChannelKitError("cancelled", "not confirmed; nothing was changed.");
    },
  };
}

async function callGateway(
  method: string,
  params: Record<string, unknown>,
): Promise<Record<string, unknown> | undefined> {
  try {
    const options = { timeout: CALL_TIMEOUT_MS, json: true };
    return await callGatewayFromCli(method, options, params, { progress: false });
  } catch (error) {
    // An answer that says no is an answer; without one, no gateway runs or it does not know us.
    if (!isGatewayClientRequestError(error) || /unknown method/.test(error.message))
      return undefined;
    throw new ChannelKitError("not_running", `the gateway refused: ${error.message}`);
  }
}

/** Prompts go to stderr: stdout is the answer. @returns What was typed; nothing when the input ends. */
export async function readTypedLine(prompt: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  lines.once("close", () => ended.abort());
  try {
    return await lines.question(prompt, { signal: ended.signal });
  } catch {
    return "";
  } finally {
    lines.close();
  }
}

/**
 * A passphrase: from a file for unattended use, else masked from the terminal, typed as often as asked.
 *
 * @throws ChannelKitError `command_refused` without terminal and file, or when the two differ; `cancelled`.
 */
export async function readPassphrase(
  { terminal }: Pick<CliContext, "terminal">,
  options: { readonly file?: string; readonly twice: boolean; readonly minCharacters: number },
): Promise<SecretText> {
  const passphrase =
    options.file === undefined
      ? await typePassphrase(terminal, options.twice)
      : (await readFile(options.file, "utf8")).replace(/\r?\n$/, "");
  if (passphrase.length < options.minCharacters) {
    throw new ChannelKitError(
      "command_refused",
      `a passphrase has at least ${options.minCharacters} characters.`,
    );
  }
  return new SecretText(passphrase);
}

async function typePassphrase(terminal: Terminal | undefined, twice: boolean): Promise<string> {
  if (terminal === undefined) {
    throw new ChannelKitError(
      "command_refused",
      "a passphrase is typed in a terminal; without one give --passphrase-file FILE.",
    );
  }
  return await withPrivateScreen(terminal, async (screen) => {
    screen.show(["Passphrase of the backup file. What you type is not shown.", ""]);
    const first = await screen.readLine("Passphrase:", { masked: true });
    const second = twice ? await screen.readLine("Once more:", { masked: true }) : first;
    if (first === undefined || second === undefined) {
      throw new ChannelKitError("cancelled", "no passphrase; nothing was changed.");
    }
    if (first !== second) {
      throw new ChannelKitError("command_refused", "the two passphrases differ.");
    }
    return first;
  });
}
