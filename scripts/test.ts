// `npm test`: every test, in three lines side by side: each waits a fifth of its time, and three keep two cores busy. Tests with
// a real OpenClaw run one after another in each line, since they are heavy. The last lines name what failed and count all.
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  addCounts,
  formatCounts,
  formatFailure,
  isFailure,
  tryParseCounts,
  type Counts,
} from "./test/counts.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const HOST_TESTS = "test/host";
const WITHOUT_NETWORK = ["--project", "unit", "--project", "repo"];
const WITH_NETWORK = ["--project", "net"];
/**
 * Host tests in which the Convos CLI takes part, which knows one port only. They run in the line of the other tests that
 * need it, those with a network, so that none waits for another.
 */
const WITH_CONVOS_CLI = ["convos-conversation.test.ts", "start-script.test.ts"];
/** Not part of the whole run yet, for their time: run by hand, see docs/testing.md. */
const BY_HAND = [
  "convos-direct-policy.test.ts",
  "convos-policy.test.ts",
  "convos-secrets.test.ts",
  "convos-setup.test.ts",
  "convos-ways-in.test.ts",
  "gossip-copies.test.ts",
  "gossip-hardened.test.ts",
  "mesh-operator.test.ts",
  "mesh-policy.test.ts",
  "mesh-setup.test.ts",
];
/** These take longest: all lines end at about the same time when they begin first. */
const LONG = [
  "gossip-leaks.test.ts",
  "gossip-operator.test.ts",
  "ways-in.test.ts",
  "gossip-turns.test.ts",
  "gossip-setup.test.ts",
];

interface Outcome {
  readonly code: number;
  /** Undefined when the run ended before it could count. */
  readonly counts: Counts | undefined;
  /** A line each. */
  readonly failures: readonly string[];
}

const shared = listSharedHostTests();
const running = new Set<ChildProcess>();
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    isStopping = true;
    for (const child of running) child.kill(signal);
  });
}
const lines = [
  runLine([]),
  runLine([WITHOUT_NETWORK]),
  runLine([WITH_NETWORK, ...WITH_CONVOS_CLI.map((name) => hostTest(name))]),
];
const outcomes = (await Promise.all(lines)).flat();
// A run that broke off is a failure, whatever the other ones say.
for (const failure of outcomes.flatMap(({ failures }) => failures)) console.log(failure);
const counts = outcomes.map((outcome) => outcome.counts ?? { passed: 0, failed: 1, skipped: 0 });
console.log(formatCounts(addCounts(counts)));
process.exitCode = outcomes.every(({ code }) => code === 0) ? 0 : 1;

/** Host tests that any line may take, the long ones first. */
function listSharedHostTests(): string[] {
  const names = readdirSync(path.join(ROOT, HOST_TESTS)).filter((name) =>
    name.endsWith(".test.ts"),
  );
  const elsewhere = new Set([...LONG, ...WITH_CONVOS_CLI, ...BY_HAND]);
  const rest = names.filter((name) => !elsewhere.has(name));
  return [...LONG.filter((name) => names.includes(name)), ...rest.toSorted()];
}

function hostTest(name: string): string[] {
  return ["--project", "host", `${HOST_TESTS}/${name}`];
}

/** @param own - Arguments of vitest's runs of this line, before it takes host tests as long as there are any. */
async function runLine(own: readonly (readonly string[])[]): Promise<Outcome[]> {
  const done: Outcome[] = [];
  for (const args of own) done.push(await runVitest(args));
  for (let name = shared.shift(); name !== undefined; name = shared.shift()) {
    done.push(await runVitest(hostTest(name)));
  }
  return done;
}

async function runVitest(args: readonly string[]): Promise<Outcome> {
  if (isStopping) return { code: 1, counts: undefined, failures: [] };
  const child = spawn("vitest", ["run", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  running.add(child);
  let counted: Counts | undefined;
  const failures: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const found = tryParseCounts(line);
    if (isFailure(line)) failures.push(line);
    else if (found === undefined) console.log(line);
    counted = found ?? counted;
  }
  const code = await ended;
  running.delete(child);
  if (counted === undefined) failures.push(formatFailure(args.join(" "), "ended without a count"));
  return { code, counts: counted, failures };
}
