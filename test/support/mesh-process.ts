/** A mesh peer of ours as a process: the `mesh` command. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { MeshEventReader } from "./mesh-event-reader.ts";

const MESH_CLI = fileURLToPath(new URL("../../packages/mesh-peer/src/cli.ts", import.meta.url));

/** Half of what a start costs is reading TypeScript. */
export const COMPILE_CACHE = fileURLToPath(
  new URL("../../.artifacts/compile-cache", import.meta.url),
);

const READY = /^mesh: (?<peerId>\S{43}) on (?<host>\S+) port (?<port>\d+), API (?<api>http:\S+);/u;

export interface MeshSetup {
  /** A folder that outlives the process. */
  readonly folder: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
  readonly channels?: readonly string[];
  readonly peers?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A `mesh join` that runs. */
export class MeshProcess {
  readonly peerId: string;
  /** Where others dial in. */
  readonly url: string;
  readonly port: number;
  readonly apiUrl: string;
  readonly setup: MeshSetup;
  readonly child: ChildProcess;
  readonly #token: string;

  /** What it wrote to standard error so far. */
  readonly errors: readonly string[];

  private constructor(
    child: ChildProcess,
    setup: MeshSetup,
    line: string,
    errors: readonly string[],
  ) {
    this.errors = errors;
    const { peerId = "", host = "", port = "", api = "" } = READY.exec(line)?.groups ?? {};
    this.child = child;
    this.setup = setup;
    this.peerId = peerId;
    this.port = Number(port);
    this.url = `ws://${host}:${port}`;
    this.apiUrl = api;
    const header = readFileSync(path.join(setup.folder, "mesh", "auth-header"), "utf8");
    this.#token = header.trim().slice("Authorization: ".length);
  }

  /** Resolves when it has said its line. @throws Error with what it wrote, when it ends before. */
  static async start(setup: MeshSetup): Promise<MeshProcess> {
    const child = spawnMesh(["join", "--log", ...(setup.channels ?? [])], setup);
    const errors: string[] = [];
    child.stderr?.setEncoding("utf8").on("data", (text: string) => errors.push(text));
    const output = createInterface({ input: child.stdout ?? process.stdin });
    const line = await Promise.race([
      once(output, "line").then(([text]) => String(text)),
      once(child, "exit").then(([code]) => {
        throw new Error(`mesh join ended with ${code}: ${errors.join("")}`);
      }),
    ]);
    return new MeshProcess(child, setup, line, errors);
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The same peer again, by default at the port that it had. */
  async restart(signal: NodeJS.Signals = "SIGTERM"): Promise<MeshProcess> {
    await this.stop(signal);
    return MeshProcess.start({ ...this.setup, port: this.port });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (!this.isAlive) return;
    const exited = once(this.child, "exit");
    this.child.kill(signal);
    await exited;
  }

  call(route: string, body?: unknown): Promise<Response> {
    return fetch(`${this.apiUrl}${route}`, {
      headers: {
        authorization: this.#token,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
  }

  /** @returns The id, null while a direct one waits for a key; the message is on its disk. @throws Error with what the API answered. */
  async send(message: {
    readonly channel?: string;
    readonly to?: string;
    readonly body: string;
    readonly payload?: unknown;
    readonly key?: string;
  }): Promise<string | null> {
    const response = await this.call("/v1/messages", message);
    const text = await response.text();
    if (response.status !== 202) throw new Error(`send: ${response.status} ${text}`);
    return z.object({ id: z.string().nullable() }).parse(JSON.parse(text)).id;
  }

  /** A value of `/metrics`, such as `mesh_links`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.apiUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (?<value>\\S+)$`, "mu").exec(text)?.groups?.["value"]);
  }

  /** Everything that was not acknowledged, and then what comes. Listen before you act. */
  async listen(lastEventId = 0): Promise<MeshEventReader> {
    const stop = new AbortController();
    const response = await fetch(`${this.apiUrl}/v1/events`, {
      headers: { authorization: this.#token, "last-event-id": String(lastEventId) },
      signal: stop.signal,
    });
    if (response.body === null) throw new Error(`events: ${response.status}`);
    return new MeshEventReader(response.body, stop);
  }

  /** Resident bytes of the process, from Linux. */
  residentBytes(): number {
    const text = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(?<kib>\d+) kB$/mu.exec(text)?.groups?.["kib"]) * 1024;
  }
}

/** Runs the `mesh` command with the settings of a test. */
export function spawnMesh(args: readonly string[], setup: MeshSetup): ChildProcess {
  mkdirSync(setup.folder, { recursive: true });
  return spawn(process.execPath, [MESH_CLI, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      HOST: setup.host ?? "127.0.0.1",
      PORT: String(setup.port ?? 0),
      MESH_API_PORT: "0",
      MESH_STORE_PATH: path.join(setup.folder, "mesh.db"),
      MESH_KEY_DIR: path.join(setup.folder, "keys"),
      MESH_ALLOW_PRIVATE: "1",
      MESH_BOOTSTRAP_URL: "none",
      MESH_PEERS: (setup.peers ?? []).join(","),
      ...setup.env,
    },
  });
}
