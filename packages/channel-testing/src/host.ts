import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { HarnessError } from "./errors.ts";
import { buildHostConfig } from "./host-config.ts";
import type { HostConfigFacts } from "./host-config.ts";
import { buildHostEnv } from "./host-env.ts";
import type { HostEnvOptions } from "./host-env.ts";
import { createHostFolders, resolveHostPaths } from "./host-paths.ts";
import type { HostPaths } from "./host-paths.ts";
import { isJsonObject, mergeJson } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { findFreePort } from "./loopback-port.ts";

export interface HostOptions extends Omit<
  HostConfigFacts,
  "port" | "token" | "logFile" | "workspace"
> {
  /** Folder of this host alone; made when it is missing. State that is already there is kept. */
  readonly root: string;
  /** Added to the environment of every process of this host. */
  readonly env?: Readonly<Record<string, string>>;
  /** Host names that its processes may reach beyond loopback. Default: none. */
  readonly allowHosts?: readonly string[];
  /** A program with arguments that runs every process of this host, such as one that takes rights away first. */
  readonly runBy?: readonly string[];
}

/** A prepared home of an OpenClaw host: folders, configuration and environment. No process yet. */
export interface Host {
  readonly paths: HostPaths;
  /** Of the gateway, on 127.0.0.1. */
  readonly port: number;
  readonly token: string;
  /** The environment for a child process of this host. `network` lifts the guard, for installs from npm. */
  childEnv(options?: Pick<HostEnvOptions, "network">): Record<string, string>;
  /** The program and arguments of a child process of this host, from the arguments for node. */
  commandLine(nodeArgs: readonly string[]): [string, ...string[]];
  readConfig(): JsonObject;
  /** Replaces the configuration file in one step; a running gateway sees the change and applies it. */
  editConfig(edit: (config: JsonObject) => JsonObject): void;
  /** Destinations beyond loopback that a process of this host tried to reach and was refused. */
  refusedConnections(): string[];
}

/** Prepares `options.root`. A configuration that is already there keeps every key that the options do not name. */
export async function prepareHost(options: HostOptions): Promise<Host> {
  const paths = resolveHostPaths(options.root);
  createHostFolders(paths);
  const port = await findFreePort();
  const token = randomBytes(16).toString("hex");
  const generated = buildHostConfig({
    ...options,
    port,
    token,
    logFile: paths.logFile,
    workspace: paths.workspace,
  });
  const before = existsSync(paths.configFile) ? readJsonObject(paths.configFile) : {};
  writeJsonFile(paths.configFile, mergeJson(before, generated));
  return {
    paths,
    port,
    token,
    childEnv: (more = {}) => buildHostEnv(process.env, { ...options, ...more, paths }),
    commandLine(nodeArgs) {
      const [program, ...rest] = [...(options.runBy ?? []), process.execPath];
      return [program, ...rest, ...nodeArgs];
    },
    readConfig: () => readJsonObject(paths.configFile),
    editConfig(edit) {
      writeJsonFile(paths.configFile, edit(readJsonObject(paths.configFile)));
    },
    refusedConnections() {
      if (!existsSync(paths.guardLog)) return [];
      return readFileSync(paths.guardLog, "utf8").split("\n").filter(Boolean);
    },
  };
}

function readJsonObject(file: string): JsonObject {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isJsonObject(parsed))
    throw new HarnessError("invalid_config", `${file}: expected a JSON object`);
  return parsed;
}

function writeJsonFile(file: string, value: JsonObject): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
