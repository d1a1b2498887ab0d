// `npm test`: every test, in two lines side by side. Tests with a real OpenClaw run one after another and mostly wait for
// it; all others use the time beside them, and then take over some of the former. The last line counts all.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { addCounts, formatCounts, tryParseCounts, type Counts } from "./test/counts.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Host tests that the second line runs when it is done with its own. None of them needs a port of its own choice. */
const TAKEN_OVER = ["ways-in", "gossip-samples", "convos-ways-in", "convos-secrets"];
/** The arguments of vitest's runs, one after another in each line. */
const LINES = [
  [
    [
      "--project",
      "host",
      ...TAKEN_OVER.flatMap((name) => ["--exclude", `test/host/${name}.test.ts`]),
    ],
  ],
  [
    ["--project", "unit", "--project", "net", "--project", "repo"],
    ["--project", "host", ...TAKEN_OVER.map((name) => `test/host/${name}.test.ts`)],
  ],
];

interface Outcome {
  readonly code: number;
  /** Undefined when the run ended before it could count. */
  readonly counts: Counts | undefined;
}

const outcomes = (await Promise.all(LINES.map((runs) => runInTurn(runs)))).flat();
// A run that broke off is a failure, whatever the other one says.
const counts = outcomes.map((outcome) => outcome.counts ?? { passed: 0, failed: 1, skipped: 0 });
console.log(formatCounts(addCounts(counts)));
process.exitCode = outcomes.every(({ code }) => code === 0) ? 0 : 1;

async function runInTurn(runs: readonly (readonly string[])[]): Promise<Outcome[]> {
  const done: Outcome[] = [];
  for (const args of runs) done.push(await runVitest(args));
  return done;
}

async function runVitest(args: readonly string[]): Promise<Outcome> {
  const child = spawn("vitest", ["run", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => child.kill(signal));
  let counted: Counts | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const found = tryParseCounts(line);
    if (found === undefined) console.log(line);
    counted = found ?? counted;
  }
  return { code: await ended, counts: counted };
}
