import { spawn } from "node:child_process";
import { HarnessError } from "./errors.ts";
import { resolveOpenclawLauncher } from "./host-paths.ts";
import type { Host } from "./host.ts";

/** A quiet machine needs 2 to 8 seconds for one command, a busy one with two cores up to 30. */
const DEFAULT_TIMEOUT_MS = 120_000;

export interface CommandOptions {
  /** Lets the command reach the npm registry; needed only when a plugin is installed with dependencies. */
  readonly network?: boolean;
  readonly timeoutMs?: number;
  /** Default true: an exit code other than 0 is an error. */
  readonly check?: boolean;
  /** Ends the command and rejects. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `openclaw ARGS` for one host and waits for its end. Standard input is empty, as in CI.
 *
 * @throws {@link HarnessError} `command_failed` with the output when the exit code is not 0 (unless `check` is false);
 *   `deadline` when the time is up, the command is ended first.
 */
export async function runOpenclaw(
  host: Host,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, check = true, network = false } = options;
  options.signal?.throwIfAborted();
  const [program, ...rest] = host.commandLine([resolveOpenclawLauncher(), ...args]);
  const child = spawn(program, rest, {
    cwd: host.paths.root,
    env: host.childEnv({ network }),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));

  const ended = Promise.withResolvers<{ code: number | null; signal: string | null }>();
  child
    .once("error", ended.reject)
    .once("close", (code, signal) => ended.resolve({ code, signal }));
  const { code, signal } = await ended.promise;

  const what = `openclaw ${args.slice(0, 3).join(" ")}`;
  if (code === null)
    throw new HarnessError(
      "deadline",
      `${what}: ended by ${signal ?? "a signal"} within ${timeoutMs} ms`,
    );
  if (check && code !== 0)
    throw new HarnessError("command_failed", `${what}: exit code ${code}\n${stdout}\n${stderr}`);
  return { exitCode: code, stdout, stderr };
}
