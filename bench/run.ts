/**
 * `npm run bench -- [area] [--json FILE]`: measures areas (`gossip` without an argument), prints a table and, with
 * --json, writes the records. Missed floors are printed, never an error: a bench is not a timed test. Wrong results
 * are an error.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchAgentOrClient } from "./convos/agent-or-client.ts";
import { benchConvos } from "./convos/area.ts";
import { benchGossip } from "./gossip/area.ts";
import { benchGossipPlugin } from "./gossip-plugin/area.ts";
import { benchFlood } from "./gossip/flood.ts";
import { benchLatency } from "./gossip/latency.ts";
import { benchSoak } from "./gossip/soak.ts";
import { WrongResultError } from "./measure.ts";
import type { BenchResult } from "./records.ts";
import { isMet } from "./records.ts";
import { renderTable } from "./table.ts";

type Progress = (line: string) => void;

const AREAS: Readonly<Record<string, (progress: Progress) => Promise<BenchResult[]>>> = {
  gossip: benchGossip,
  "gossip-plugin": benchGossipPlugin,
  "gossip-latency": benchLatency,
  "gossip-flood": benchFlood,
  "gossip-soak": benchSoak,
  convos: benchConvos,
  "convos-agent": benchAgentOrClient,
};
/** The others take many minutes each and run when they are asked for. */
const DEFAULT_AREAS = ["gossip"];

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "string" } },
  });
  const names = positionals.length === 0 ? DEFAULT_AREAS : positionals;
  const results: BenchResult[] = [];
  for (const name of names) {
    const bench = AREAS[name];
    if (bench === undefined) {
      console.error(`bench: no area '${name}'; there is: ${Object.keys(AREAS).join(", ")}`);
      return 2;
    }
    try {
      results.push(...(await bench((line) => console.error(`bench: ${line}`))));
    } catch (error) {
      if (!(error instanceof WrongResultError)) throw error;
      console.error(`bench: ${error.message}`);
      return 1;
    }
  }
  console.log(renderTable(results));
  const held = results.filter(
    (result) => result.floor !== undefined || result.overRawLimit !== undefined,
  );
  console.log(
    `bench: ${results.length} records, ${held.filter((result) => isMet(result)).length} of ${held.length} floors met`,
  );
  if (values.json !== undefined) {
    const records = results.map(({ record }) => record);
    writeFileSync(values.json, `${JSON.stringify(records, undefined, 2)}\n`);
  }
  return 0;
}
