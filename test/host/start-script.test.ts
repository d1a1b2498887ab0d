import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const START = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "start-script-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs the start script without a terminal; `onLine` may end it. */
async function runStart(
  args: readonly string[],
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Run> {
  const child = spawn(process.execPath, [START, ...args, "--folder", folder], {
    env: withoutProviders(process.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let rest = "";
  const read = (text: string): void => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      lines.push(line);
      onLine(line, (signal) => child.kill(signal));
    }
  };
  child.stdout.setEncoding("utf8").on("data", read);
  child.stderr.setEncoding("utf8").on("data", read);
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once("close", resolve);
  return { code: await promise, lines };
}

function withoutProviders(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(env).filter(
    ([name]) => name !== "OPENAI_API_KEY" && !name.startsWith("OPENCLAW_START_"),
  );
  return Object.fromEntries(entries);
}

/** The loopback addresses that the run printed. */
function addresses(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? []);
}

describe("npm start -- --script", () => {
  it("shows pairing, a conversation and answers in all three channels, says so in its last line, and leaves nothing running", async () => {
    const { code, lines } = await runStart(["--script"]);
    expect(lines.at(-1)).toBe("start: 21 steps ok");
    expect(code).toBe(0);
    expect(lines.join("\n")).toMatch(/gossip:\/\/invite\/gossip1\w{50,}/);
    expect(lines.filter((line) => /^\[ *\d+\.\d s\] .* \(\d+\.\d s\)$/.test(line))).toHaveLength(
      21,
    );
    const open = addresses(lines);
    expect(open).toHaveLength(4);
    for (const address of open) await expect(fetch(address)).rejects.toThrow("fetch failed");
  });

  it("ends with an error code and without a trace when it is told to stop", async () => {
    const { code, lines } = await runStart(["--script"], (line, kill) => {
      if (line.includes("model: scripted")) kill("SIGTERM");
    });
    expect(lines.at(-1)).toBe("start: ended by SIGTERM");
    expect(code).toBe(143);
    for (const address of addresses(lines))
      await expect(fetch(address)).rejects.toThrow("fetch failed");
  });

  it("names the step that failed, the reason and the next command", async () => {
    const { code, lines } = await runStart(["--script", "--bogus"]);
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringContaining("start: Unknown option '--bogus'"),
      "next: npm start -- --help",
    ]);
  });
});
