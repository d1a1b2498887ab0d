/**
 * `npm run bench -- [area] [--json FILE]`: measures areas (`gossip` without an argument), prints a table and, with
 * --json, writes the records. Missed floors are printed, never an error: a bench is not a timed test. Wrong results
 * are an error.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { WrongResultError } from "./measure.ts";
import type { BenchResult } from "./records.ts";
import { isHeld, isMet } from "./records.ts";
import { renderTable } from "./table.ts";

type Area = (progress: (line: string) => void) => Promise<BenchResult[]>;

/** Each is loaded when it is asked for: what one needs, the host for example, must not weigh on the figures of another. */
const AREAS: Readonly<Record<string, () => Promise<Area>>> = {
  gossip: async () => (await import("./gossip/area.ts")).benchGossip,
  "gossip-plugin": async () => (await import("./plugin/gossip.ts")).benchGossipPlugin,
  "gossip-latency": async () => (await import("./gossip/latency.ts")).benchLatency,
  "gossip-flood": async () => (await import("./gossip/flood.ts")).benchFlood,
  "gossip-soak": async () => (await import("./gossip/soak.ts")).benchSoak,
  convos: async () => (await import("./convos/area.ts")).benchConvos,
  "convos-memory": async () => (await import("./convos/area.ts")).benchConvosMemory,
  "convos-cut": async () => (await import("./convos/area.ts")).benchConvosCut,
  "convos-backlog": async () => (await import("./convos/area.ts")).benchConvosBacklog,
  "convos-stream": async () => (await import("./convos/area.ts")).benchConvosStream,
  "convos-plugin": async () => (await import("./plugin/convos.ts")).benchConvosPlugin,
  "convos-latency": async () => (await import("./convos/latency.ts")).benchConvosLatency,
  "convos-agent": async () => (await import("./convos/agent-or-client.ts")).benchAgentOrClient,
  mesh: async () => (await import("./mesh/area.ts")).benchMesh,
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
    const load = AREAS[name];
    if (load === undefined) {
      console.error(`bench: no area '${name}'; there is: ${Object.keys(AREAS).join(", ")}`);
      return 2;
    }
    const bench = await load();
    const startedAtMs = performance.now();
    const tell = (line: string): void => {
      const seconds = Math.round((performance.now() - startedAtMs) / 1000);
      console.error(`bench: ${name}, ${seconds} s: ${line}`);
    };
    try {
      results.push(...(await bench(tell)));
      tell("done");
    } catch (error) {
      if (!(error instanceof WrongResultError)) throw error;
      console.error(`bench: ${error.message}`);
      return 1;
    }
  }
  console.log(renderTable(results));
  const held = results.filter(isHeld);
  console.log(
    `bench: ${results.length} records, ${held.filter((result) => isMet(result)).length} of ${held.length} limits met`,
  );
  if (values.json !== undefined) {
    const records = results.map(({ record }) => record);
    writeFileSync(values.json, `${JSON.stringify(records, undefined, 2)}\n`);
  }
  return 0;
}
