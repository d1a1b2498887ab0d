import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../packages/xmtp-local-node/src/cli.ts", import.meta.url));

/** A local node as a process of its own, ended with the test. */
export interface XmtpNodeProcess extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Everything that it printed. */
  readonly lines: readonly string[];
  /** @returns exit code and signal. */
  end(signal: NodeJS.Signals): Promise<unknown[]>;
}

/** Runs the node's command. Its output is read by the caller. */
export function spawnXmtpNode(...flags: string[]) {
  return spawn(process.execPath, [CLI, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
}

/** Starts a node and waits for the line with its URL. */
export async function startXmtpNode(...flags: string[]): Promise<XmtpNodeProcess> {
  const child = spawnXmtpNode(...flags);
  const lines: string[] = [];
  const output = createInterface(child.stdout).on("line", (line) => lines.push(line));
  await once(output, "line");
  const url = /http:\S+/u.exec(lines[0] ?? "")?.[0] ?? "";
  const end = (signal: NodeJS.Signals): Promise<unknown[]> => endProcess(child, signal);
  return {
    url,
    port: Number(new URL(url).port),
    lines,
    end,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end("SIGKILL");
    },
  };
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown[]> {
  const exited = once(child, "exit");
  child.kill(signal);
  return exited;
}
