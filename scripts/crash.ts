/**
 * `node scripts/crash.ts [--channel gossip|convos] [--kills N] [--seed S]`: SIGKILLs a process with SDK client, queue and
 * outbox N times while a peer talks to it. The last line says what was lost or doubled; exit 1 if anything.
 */
import { parseArgs } from "node:util";
import { runConvosCrashes } from "../test/crash/convos/crash-run.ts";
import { describeConvosCrashes, isConvosCrashSafe } from "../test/crash/convos/report.ts";
import { runCrashes } from "../test/crash/crash-run.ts";
import { describeCrashes, isCrashSafe } from "../test/crash/report.ts";

const { values } = parseArgs({
  options: {
    channel: { type: "string", default: "gossip" },
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "7" },
  },
});
const options = {
  kills: Number(values.kills),
  seed: Number(values.seed),
  log: (line: string) => console.error(`crash: ${line}`),
};
if (values.channel === "convos") {
  const report = await runConvosCrashes(options);
  for (const line of describeConvosCrashes(report)) console.log(line);
  process.exitCode = isConvosCrashSafe(report) ? 0 : 1;
} else {
  const report = await runCrashes(options);
  for (const line of describeCrashes(report)) console.log(line);
  process.exitCode = isCrashSafe(report) ? 0 : 1;
}
