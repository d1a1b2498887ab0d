import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { median, WrongResultError } from "../measure.ts";
import { createFigure, type BenchResult } from "../records.ts";
import { listHostModules } from "./host-modules.ts";

const ROOT = new URL("../../", import.meta.url);
const ROUNDS = 7;
/** Commands of the host load the setup entry, whatever they are about. */
const SETUP_LIMIT_MS = 50;
/** What a command of the host has loaded when it comes to a channel's setup entry. */
const SETUP_HOST_MODULES = ["openclaw/plugin-sdk/channel-core"];

const TimesSchema = z.object({ wallMs: z.number(), cpuMs: z.number(), id: z.string() });

interface Entry {
  readonly id: string;
  readonly name: "setup-entry" | "index";
  /** Loaded before the clock starts. */
  readonly hostModules: readonly string[];
  readonly limitMs?: number;
}

/**
 * What loading the entries of a built plugin costs: the setup entry with every command of the host; the main entry, which has
 * no limit of its own, in a gateway.
 *
 * @param id - The plugin's id, which is the name of its folder.
 */
export function benchEntryImports(id: string): BenchResult[] {
  const extension = new URL(`extensions/${id}/`, ROOT);
  const hostModules = listHostModules(extension, "index");
  return [
    ...benchEntry({
      id,
      name: "setup-entry",
      hostModules: SETUP_HOST_MODULES,
      limitMs: SETUP_LIMIT_MS,
    }),
    ...benchEntry({ id, name: "index", hostModules }),
  ];
}

function benchEntry(entry: Entry): BenchResult[] {
  const rounds = Array.from({ length: ROUNDS }, () => timeImport(entry));
  const wallMs = median(rounds.map((times) => times.wallMs));
  const cpuMs = median(rounds.map((times) => times.cpuMs));
  const name = `${entry.id} ${entry.name} import`;
  return [
    createFigure(name, "ms", wallMs, entry.limitMs),
    createFigure(`${name}, CPU`, "ms", cpuMs, entry.limitMs),
  ];
}

/** A module is loaded once in a process, so each round has a process of its own. */
function timeImport({ hostModules, id, name }: Entry): { wallMs: number; cpuMs: number } {
  const { href } = new URL(`extensions/${id}/dist/${name}.js`, ROOT);
  const program = `
    for (const name of ${JSON.stringify(hostModules)}) await import(name);
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
