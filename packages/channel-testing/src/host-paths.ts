import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject } from "./json.ts";

/** Where one host lives: everything it writes is below `root`. All paths are absolute. */
export interface HostPaths {
  readonly root: string;
  readonly stateDir: string;
  readonly configFile: string;
  readonly workspace: string;
  readonly logFile: string;
  /** One refused destination per line; missing while there was none. */
  readonly guardLog: string;
  /** The host's shared SQLite database. */
  readonly database: string;
}

/** Decides the paths of a host below `root`; touches nothing. */
export function resolveHostPaths(root: string): HostPaths {
  const absolute = path.resolve(root);
  const stateDir = path.join(absolute, ".openclaw");
  return {
    root: absolute,
    stateDir,
    configFile: path.join(stateDir, "openclaw.json"),
    workspace: path.join(absolute, "workspace"),
    logFile: path.join(absolute, "gateway.log"),
    guardLog: path.join(absolute, "refused-connections.log"),
    database: path.join(stateDir, "state", "openclaw.sqlite"),
  };
}

export function createHostFolders(paths: HostPaths): void {
  for (const folder of [paths.root, paths.stateDir, paths.workspace])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** The launcher of the installed `openclaw` package. */
export function resolveOpenclawLauncher(): string {
  return path.join(openclawFolder(), "openclaw.mjs");
}

/** Version of the installed `openclaw` package, such as "2026.9.6". */
export function readOpenclawVersion(): string {
  const text = readFileSync(path.join(openclawFolder(), "package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version = isJsonObject(parsed) ? parsed["version"] : undefined;
  return typeof version === "string" ? version : "unknown";
}

/** Neither launcher nor package.json is exported; the package's main file is dist/index.js. */
function openclawFolder(): string {
  return path.dirname(path.dirname(fileURLToPath(import.meta.resolve("openclaw"))));
}
