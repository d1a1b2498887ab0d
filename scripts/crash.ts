/**
 * `node scripts/crash.ts [--kills N] [--seed S]`: SIGKILLs a process with SDK client, queue and outbox N times while
 * a peer talks to it. The last line says what was lost or doubled; exit 1 if anything.
 */
import { parseArgs } from "node:util";
import { runCrashes } from "../test/crash/crash-run.ts";
import { describeCrashes, isCrashSafe } from "../test/crash/report.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "7" },
  },
});
const report = await runCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  log: (line) => console.error(`crash: ${line}`),
});
for (const line of describeCrashes(report)) console.log(line);
process.exitCode = isCrashSafe(report) ? 0 : 1;
