import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { median, WrongResultError } from "../measure.ts";
import { createRecord } from "../records.ts";
import type { BenchResult } from "../records.ts";

const ENTRY = new URL("../../extensions/gossip/dist/setup-entry.js", import.meta.url);
const ROUNDS = 7;
const LIMIT_MS = 50;

const TimesSchema = z.object({ wallMs: z.number(), cpuMs: z.number(), id: z.literal("gossip") });

/** A module is loaded once in a process, so each round has a process of its own. */
const PROGRAM = `
  await import("openclaw/plugin-sdk/channel-core");
  const cpu = process.cpuUsage();
  const startedAtMs = performance.now();
  const { default: entry } = await import(${JSON.stringify(ENTRY.href)});
  const wallMs = performance.now() - startedAtMs;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, id: entry.plugin.id }));
`;

/** What a command of the host pays for the plugin, once the host's own channel module is loaded. */
export function benchSetupEntry(): BenchResult[] {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", PROGRAM],
      { cwd: fileURLToPath(new URL("../../", import.meta.url)), encoding: "utf8" },
    );
    if (stdout === "") throw new WrongResultError(`setup entry: ${stderr}`);
    return TimesSchema.parse(JSON.parse(stdout));
  });
  return [
    report(
      "setup entry import",
      rounds.map(({ wallMs }) => wallMs),
    ),
    report(
      "setup entry import, CPU",
      rounds.map(({ cpuMs }) => cpuMs),
    ),
  ];
}

function report(name: string, values: number[]): BenchResult {
  return {
    record: createRecord({ name, unit: "ms", value: median(values) }),
    valueLimit: LIMIT_MS,
  };
}
