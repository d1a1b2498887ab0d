/**
 * `npm run fault -- gossip|convos|mesh [--turns N] [--seed S] [--parked P]`: cuts off at least N turns of the real gateway by
 * SIGKILL, at least 12 and at most P of them at a time, each at a point of its own; the node of Convos goes away with each.
 * The last line says what was lost or doubled; exit 1 if anything, 2 for a wrong call.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { CrashChannel } from "../test/host/support/crash-channel.ts";
import { convosCrash } from "../test/host/support/crash-convos.ts";
import { gossipCrash } from "../test/host/support/crash-gossip.ts";
import { meshCrash } from "../test/host/support/crash-mesh.ts";
import { MAX_PARKED, MIN_PARKED } from "../test/host/support/fault-plan.ts";
import { runGatewayFaults } from "../test/host/support/fault-run.ts";
import { countFaults, describeFaults, isFaultFree } from "../test/host/support/fault-totals.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    turns: { type: "string", default: "200" },
    seed: { type: "string", default: "7" },
    parked: { type: "string", default: "25" },
  },
});
const [turns, seed, parked] = [Number(values.turns), Number(values.seed), Number(values.parked)];
const channel = [gossipCrash, convosCrash, meshCrash].find(({ id }) => id === positionals[0]);
const isFine =
  [turns, seed, parked].every(Number.isSafeInteger) &&
  turns >= MIN_PARKED &&
  parked >= MIN_PARKED &&
  parked <= MAX_PARKED;
process.exitCode = isFine && channel !== undefined ? await main(channel) : explainUsage();

async function main(chosen: CrashChannel): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), `${chosen.id}-fault-`));
  const startedMs = Date.now();
  const tell = (line: string): void => {
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(0).padStart(5);
    console.log(`${seconds} s  ${line}`);
  };
  const options = { channel: chosen, turns, seed, parked, folder, tell };
  const totals = countFaults(await runGatewayFaults(options));
  rmSync(folder, { recursive: true, force: true });
  for (const line of describeFaults(totals)) console.log(line);
  return isFaultFree(totals) ? 0 : 1;
}

function explainUsage(): number {
  console.error(
    `usage: npm run fault -- gossip|convos|mesh [--turns N] [--seed S] [--parked P]\n` +
      `N from ${MIN_PARKED}, P from ${MIN_PARKED} to ${MAX_PARKED}`,
  );
  return 2;
}
