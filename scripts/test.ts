// `npm test`: every test, in two runs side by side. Tests with a real OpenClaw run one after another and mostly wait for
// it; all others use the time beside them. The last line counts both.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { addCounts, formatCounts, tryParseCounts, type Counts } from "./test/counts.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RUNS = [["host"], ["unit", "net", "repo"]];

interface Outcome {
  readonly code: number;
  /** Undefined when the run ended before it could count. */
  readonly counts: Counts | undefined;
}

const outcomes = await Promise.all(RUNS.map((projects) => runProjects(projects)));
// A run that broke off is a failure, whatever the other one says.
const counts = outcomes.map((outcome) => outcome.counts ?? { passed: 0, failed: 1, skipped: 0 });
console.log(formatCounts(addCounts(counts)));
process.exitCode = outcomes.every(({ code }) => code === 0) ? 0 : 1;

async function runProjects(projects: readonly string[]): Promise<Outcome> {
  const args = ["run", ...projects.flatMap((project) => ["--project", project])];
  const child = spawn("vitest", args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
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
