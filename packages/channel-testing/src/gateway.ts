import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { HarnessError } from "./errors.ts";
import { openGatewayConnection } from "./gateway-connection.ts";
import type { GatewayConnection } from "./gateway-connection.ts";
import { resolveOpenclawLauncher } from "./host-paths.ts";
import type { Host } from "./host.ts";
import { LogBook } from "./log-book.ts";
import type { LogLine } from "./log-book.ts";

/** A warm start takes 10 to 30 seconds; the first after an install on a busy machine more. */
const READY_TIMEOUT_MS = 120_000;
/** The host lets running turns finish before it goes; a test that parks turns kills instead. */
const STOP_TIMEOUT_MS = 60_000;
const READY_LINE = "[gateway] ready";

export interface ExitFacts {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GatewayOptions {
  readonly readyTimeoutMs?: number;
  /** What the gateway prints when it serves. It never says "ready" while the secret of an account is missing. */
  readonly readyLine?: string;
  /** Sees every line as it comes. */
  readonly onLine?: (line: LogLine) => void;
  readonly signal?: AbortSignal;
}

/** One running `openclaw gateway run`. After its end start another one on the same {@link Host}. */
export interface Gateway extends AsyncDisposable {
  readonly host: Host;
  readonly pid: number;
  readonly log: LogBook;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<ExitFacts>;
  /** Calls a gateway method over one kept connection. */
  call(method: string, params?: object): Promise<unknown>;
  /** SIGTERM, then waits. A gateway that does not go within a minute is killed and the stop rejects with `deadline`. */
  stop(): Promise<ExitFacts>;
  /** SIGKILL to the gateway and its helpers, then waits. */
  kill(): Promise<ExitFacts>;
}

/**
 * Starts the real gateway of `host` and waits for its ready line.
 * It ends with this process, even if this process is killed.
 *
 * @throws {@link HarnessError} `exited` or `deadline`, with the end of the log.
 */
export async function startGateway(host: Host, options: GatewayOptions = {}): Promise<Gateway> {
  options.signal?.throwIfAborted();
  const log = new LogBook(options.onLine === undefined ? {} : { onLine: options.onLine });
  const child = spawnGateway(host, log);
  const exited = Promise.withResolvers<ExitFacts>();
  child.once("error", exited.reject);
  child.once("close", (code, signal) => {
    running.delete(child);
    log.end(`the gateway ended (code ${code}, signal ${signal})`);
    exited.resolve({ code, signal });
  });

  const gateway = createHandle(host, child, log, exited.promise);
  const abort = (): void => signalGroup(child, "SIGKILL");
  options.signal?.addEventListener("abort", abort, { once: true });
  try {
    await log.waitFor(options.readyLine ?? READY_LINE, {
      timeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
    });
    return gateway;
  } catch (error) {
    await gateway.kill();
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

/** Gateways of this process; its own orderly end takes them along at once, the lifeline covers every other end. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) signalGroup(child, "SIGKILL");
});

function spawnGateway(host: Host, log: LogBook): ChildProcess {
  const lifeline = new URL("./preload/lifeline.ts", import.meta.url).href;
  const [program, ...args] = host.commandLine([
    `--import=${lifeline}`,
    resolveOpenclawLauncher(),
    "gateway",
    "run",
  ]);
  const child = spawn(program, args, {
    cwd: host.paths.root,
    env: { ...host.childEnv(), LIFELINE_FD: "3" },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C in our terminal stays ours, and one signal reaches its helpers as well.
    detached: true,
  });
  running.add(child);
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => log.append(name, text));
  return child;
}

function createHandle(
  host: Host,
  child: ChildProcess,
  log: LogBook,
  exited: Promise<ExitFacts>,
): Gateway {
  let connection: Promise<GatewayConnection> | undefined;

  async function disconnect(): Promise<void> {
    const open = connection;
    connection = undefined;
    await (await open?.catch(() => undefined))?.close();
  }
  async function end(signal: NodeJS.Signals): Promise<ExitFacts> {
    await disconnect();
    signalGroup(child, signal);
    const timer = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_TIMEOUT_MS);
    const facts = await exited;
    clearTimeout(timer);
    return facts;
  }
  async function stop(): Promise<ExitFacts> {
    const facts = await end("SIGTERM");
    if (facts.signal === "SIGKILL")
      throw new HarnessError("deadline", `gateway: no end after SIGTERM\n${log.tail()}`);
    return facts;
  }
  return {
    host,
    // Set from here on: a spawn that failed has rejected `exited`.
    pid: child.pid ?? 0,
    log,
    exited,
    async call(method, params) {
      connection ??= openGatewayConnection(host);
      return (await connection).call(method, params);
    },
    stop,
    kill: () => end("SIGKILL"),
    async [Symbol.asyncDispose]() {
      await end("SIGTERM");
    },
  };
}

/** Signals the whole group; a group that is gone already is what we want. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
