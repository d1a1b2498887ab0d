import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { HarnessError } from "./errors.ts";
import { resolveOpenclawLauncher } from "./host-paths.ts";
import type { Host } from "./host.ts";

const DEFAULT_TIMEOUT_MS = 120_000;

/** What to type once something is on the screen. Answers are used up in their order. */
export interface TerminalAnswer {
  readonly when: RegExp;
  /** Keys as a terminal sends them; `\r` is Enter. */
  readonly type: string;
}

export interface TerminalResult {
  readonly exitCode: number;
  /** Everything that was shown, without colors and cursor moves. */
  readonly screen: string;
}

/**
 * Runs `openclaw ARGS` for one host in a pseudo-terminal, as somebody at a keyboard. Needs `script` of util-linux.
 *
 * @throws {@link HarnessError} `deadline` with the screen, when the command has not ended in time: mostly because it
 *   asks something that no answer is there for.
 */
export async function runOpenclawInTerminal(
  host: Host,
  args: readonly string[],
  answers: readonly TerminalAnswer[],
  options: { readonly timeoutMs?: number } = {},
): Promise<TerminalResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const command = [process.execPath, resolveOpenclawLauncher(), ...args].map(quote).join(" ");
  const child = spawn("script", ["-q", "-f", "-e", "-c", command, "/dev/null"], {
    cwd: host.paths.root,
    env: { ...host.childEnv(), TERM: "xterm", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const waiting = [...answers];
  let screen = "";
  let readUpTo = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen = stripVTControlCharacters(screen + text);
    const [next] = waiting;
    if (next === undefined || !next.when.test(screen.slice(readUpTo))) return;
    waiting.shift();
    readUpTo = screen.length;
    child.stdin.write(next.type);
  });
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject).once("close", ended.resolve);
  const exitCode = await ended.promise;
  if (exitCode === null)
    throw new HarnessError("deadline", `openclaw ${args.slice(0, 2).join(" ")}:\n${screen}`);
  return { exitCode, screen };
}

/** For the shell that `script` starts. */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
