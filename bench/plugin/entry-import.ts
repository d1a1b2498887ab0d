import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { median, WrongResultError } from "../measure.ts";
import { createFigure, type BenchResult } from "../records.ts";

const ROOT = new URL("../../", import.meta.url);
const ROUNDS = 7;
/** Commands of the host load the setup entry, whatever they are about. */
const SETUP_LIMIT_MS = 50;

const TimesSchema = z.object({ wallMs: z.number(), cpuMs: z.number(), id: z.string() });

/**
 * What loading the entries of a built plugin costs, once the host's own channel module is loaded: the setup entry with every
 * command, the main entry in a gateway and in the plugin's own commands.
 *
 * @param id - The plugin's id, which is the name of its folder.
 */
export function benchEntryImports(id: string): BenchResult[] {
  return [
    ...benchEntry(id, "setup-entry", SETUP_LIMIT_MS),
    // No limit of its own: it is part of the plugin's share of a start.
    ...benchEntry(id, "index"),
  ];
}

function benchEntry(id: string, entry: string, limitMs?: number): BenchResult[] {
  const { href } = new URL(`extensions/${id}/dist/${entry}.js`, ROOT);
  const rounds = Array.from({ length: ROUNDS }, () => timeImport(href, id));
  const describe = (what: string, values: number[]): BenchResult =>
    createFigure(`${id} ${entry} import${what}`, "ms", median(values), limitMs);
  return [
    describe(
      "",
      rounds.map(({ wallMs }) => wallMs),
    ),
    describe(
      ", CPU",
      rounds.map(({ cpuMs }) => cpuMs),
    ),
  ];
}

/** A module is loaded once in a process, so each round has a process of its own. */
function timeImport(href: string, id: string): { wallMs: number; cpuMs: number } {
  const program = `
    await import("openclaw/plugin-sdk/channel-core");
    const cpu = process.cpuUsage();
    const startedAtMs = performance.now();
    const { default: entry } = await import(${JSON.stringify(href)});
    const wallMs = performance.now() - startedAtMs;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, id: entry.id ?? entry.plugin.id }));
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { cwd: fileURLToPath(ROOT), encoding: "utf8" },
  );
  if (stdout === "") throw new WrongResultError(`${href}: ${stderr}`);
  const times = TimesSchema.parse(JSON.parse(stdout));
  if (times.id !== id) throw new WrongResultError(`${href}: the entry of ${times.id}`);
  return times;
}
