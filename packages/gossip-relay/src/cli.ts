#!/usr/bin/env node
import { parseArgs } from "node:util";
import { GossipRelayError } from "./errors.ts";
import { DAY_MS } from "./limits.ts";
import { isLoopbackHost } from "./loopback.ts";
import type { RelayOptions } from "./options.ts";
import { startRelay } from "./start-relay.ts";

const DEFAULT_PORT = 5557;

const USAGE = `Usage: gossip-relay [options]

  --port N               TCP port (default ${DEFAULT_PORT}; 0 takes a free one)
  --host ADDRESS         address to bind (default 127.0.0.1; anything else is reachable by others, over plain HTTP)
  --db FILE              SQLite file, kept across restarts (default: in memory)
  --strict               answer 409 when other bytes are posted to a taken address
  --retention-days N     forget announcements and messages after N days (default 30; 0 never)
  --key-retention-days N forget keys not published again for N days (default 365; 0 never)
  --rate-limit N         at most N requests per minute and client address (default: no limit)
  --max-db-mb N          refuse writes beyond this size of the database file
  --allow-host NAME      a further name for the Host header, as a TLS proxy passes it on (repeatable)
  --allow-origin ORIGIN  a further web origin that may call, or "*" (repeatable)
  --trust-proxy          take client addresses from X-Forwarded-For of a proxy on this machine
  --log                  one line per request on standard error: method, route, status, bytes, time
  --help                 this text`;

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
        strict: { type: "boolean", default: false },
        "retention-days": { type: "string", default: "30" },
        "key-retention-days": { type: "string", default: "365" },
        "rate-limit": { type: "string" },
        "max-db-mb": { type: "string" },
        "allow-host": { type: "string", multiple: true, default: [] },
        "allow-origin": { type: "string", multiple: true, default: [] },
        "trust-proxy": { type: "boolean", default: false },
        log: { type: "boolean", default: false },
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
    await using relay = await startRelay(resolveOptions());
    const store = flags.db === ":memory:" ? "in memory" : flags.db;
    console.log(`gossip-relay: ${relay.url} (${store})`);
    if (!isLoopbackHost(flags.host)) {
      console.error("gossip-relay: reachable by others over plain HTTP; put a TLS proxy in front");
    }
    await aborted(stop.signal);
  } catch (error) {
    if (!(error instanceof GossipRelayError)) throw error;
    const { cause } = error;
    fail(cause instanceof Error ? `${error.message}: ${cause.message}` : error.message, 1);
  }
}

function resolveOptions(): RelayOptions {
  const rateLimit = flags["rate-limit"];
  const maxDbMb = flags["max-db-mb"];
  return {
    port: readNumber("port", flags.port),
    host: flags.host,
    databasePath: flags.db,
    strict: flags.strict,
    retentionMs: readNumber("retention-days", flags["retention-days"]) * DAY_MS,
    keyRetentionMs: readNumber("key-retention-days", flags["key-retention-days"]) * DAY_MS,
    ...(rateLimit !== undefined && {
      rateLimit: { requests: readNumber("rate-limit", rateLimit), perMs: 60_000 },
    }),
    ...(maxDbMb !== undefined && {
      maxDatabaseBytes: readNumber("max-db-mb", maxDbMb) * 1_048_576,
    }),
    allowedHosts: flags["allow-host"],
    allowedOrigins: flags["allow-origin"],
    trustLocalProxy: flags["trust-proxy"],
    ...(flags.log && {
      logRequest: (line) =>
        console.error(
          `${line.method} ${line.route} ${line.status} in=${line.bytesIn} out=${line.bytesOut} ${line.ms}ms`,
        ),
    }),
    logError: (message, error) => console.error(`gossip-relay: ${message}:`, error),
  };
}

function readNumber(flag: string, text: string): number {
  if (/^\d{1,15}$/u.test(text)) return Number(text);
  return fail(`--${flag}: expected a whole number`, 2);
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  return signal.aborted ? Promise.resolve() : promise;
}

function fail(message: string, status: number): never {
  console.error(`gossip-relay: ${message}`);
  process.exit(status);
}
