#!/usr/bin/env node
import { parseArgs } from "node:util";
import { XmtpLocalNodeError } from "./errors.ts";
import type { LocalNodeOptions } from "./options.ts";
import { startLocalNode } from "./start-local-node.ts";

/** Where XMTP's tools look for the network "local"; some of them cannot be told another place. */
const DEFAULT_PORT = 5556;

const USAGE = `Usage: xmtp-local-node [options]

An XMTP network on this machine, for tests and demonstrations. Clients reach it as
{ env: "local", apiUrl: "http://127.0.0.1:${DEFAULT_PORT}" }.

  --port N         TCP port (default ${DEFAULT_PORT}, where clients with env "local" look; 0 takes a free one)
  --host ADDRESS   loopback address to bind (default 127.0.0.1)
  --db FILE        SQLite file, kept across restarts (default: in memory; wipe the clients' databases with it)
  --help           this text`;

const { values: flags } = parseFlags();
if (flags.help) {
  console.log(USAGE);
} else {
  await run();
}

function parseFlags() {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: String(DEFAULT_PORT) },
        host: { type: "string", default: "127.0.0.1" },
        db: { type: "string", default: ":memory:" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : "bad arguments"}\n\n${USAGE}`, 2);
  }
}

async function run(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  try {
    await using node = await startLocalNode(resolveOptions());
    const store = flags.db === ":memory:" ? "in memory" : flags.db;
    console.log(`xmtp-local-node: ${node.url} (${store})`);
    await aborted(stop.signal);
  } catch (error) {
    if (!(error instanceof XmtpLocalNodeError)) throw error;
    const { cause } = error;
    fail(cause instanceof Error ? `${error.message}: ${cause.message}` : error.message, 1);
  }
}

function resolveOptions(): LocalNodeOptions {
  if (!/^\d{1,15}$/u.test(flags.port)) return fail("--port: expected a whole number", 2);
  return {
    port: Number(flags.port),
    host: flags.host,
    db: flags.db,
    log: (line) => console.error(`xmtp-local-node: ${line}`),
    logError: (message, error) => console.error(`xmtp-local-node: ${message}:`, error),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return signal.aborted ? Promise.resolve() : promise;
}

function fail(message: string, status: number): never {
  console.error(`xmtp-local-node: ${message}`);
  process.exit(status);
}
