import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { defaultCrypto } from "gossip-sdk";
import { createBoardChecks } from "./board-checks.ts";
import { type BoardCounts, type BoardStore, openBoardStore } from "./board-store.ts";
import { createCalls } from "./calls.ts";
import { GossipRelayError } from "./errors.ts";
import { FaultSwitches, type RelayFaults } from "./faults.ts";
import { CLOSE_GRACE_MS, PRUNE_BATCH_ROWS } from "./limits.ts";
import { createRelayMetrics, type RelayMetrics } from "./metrics.ts";
import { type RelayOptions, type ResolvedRelayOptions, resolveRelayOptions } from "./options.ts";
import { createServer } from "./server.ts";

/** Rows held now, and the newest bulletin counter given out. */
export interface RelayStats extends BoardCounts {
  readonly newestCounter: bigint;
}

export interface RunningRelay extends AsyncDisposable {
  /** Base of the seven calls, such as "http://127.0.0.1:5557/api". */
  readonly url: string;
  readonly port: number;
  readonly faults: RelayFaults;
  stats(): RelayStats;
  /** Deletes what is older than the retention; happens by itself at start and hourly. @returns rows deleted. */
  prune(): Promise<number>;
  /** Stops taking requests, lets those in flight finish for two seconds, cuts the rest, closes the database. */
  close(): Promise<void>;
}

/**
 * Starts a relay in this process and resolves when it answers.
 *
 * @throws {@link GossipRelayError} `invalid_option` | `address_in_use` | `address_unavailable` | `database_newer` |
 *   `database_unusable`. Nothing stays open then.
 */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const resolved = resolveRelayOptions(options);
  const faults = new FaultSwitches(() => store);
  const now = (): number => resolved.now() + faults.clockOffsetMs;
  const store: BoardStore = openBoardStore(resolved.databasePath, now);
  try {
    if (resolved.maxDatabaseBytes !== undefined) store.limitBytes(resolved.maxDatabaseBytes);
    const metrics = createRelayMetrics();
    const calls = createCalls(store, createBoardChecks(defaultCrypto()), resolved);
    const app = await createServer({ options: resolved, store, calls, faults, metrics, now });
    const port = await listen(app, resolved);
    return new Relay({ app, port, store, faults, metrics, now, options: resolved });
  } catch (error) {
    store.close();
    throw error;
  }
}

async function listen(app: FastifyInstance, options: ResolvedRelayOptions): Promise<number> {
  try {
    await app.listen({ port: options.port, host: options.host });
  } catch (error) {
    await app.close();
    const isInUse = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const where = `${options.host} port ${options.port}`;
    throw isInUse
      ? new GossipRelayError("address_in_use", `${where} is in use: choose another port`)
      : new GossipRelayError("address_unavailable", `cannot listen on ${where}`, { cause: error });
  }
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new TypeError("no TCP address");
  return address.port;
}

interface RelayParts {
  readonly app: FastifyInstance;
  readonly port: number;
  readonly store: BoardStore;
  readonly faults: FaultSwitches;
  readonly metrics: RelayMetrics;
  readonly now: () => number;
  readonly options: ResolvedRelayOptions;
}

class Relay implements RunningRelay {
  readonly url: string;
  readonly #parts: RelayParts;
  readonly #pruneTimer: NodeJS.Timeout;
  #pruning: Promise<number> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: RelayParts) {
    const { host } = parts.options;
    this.url = `http://${host.includes(":") ? `[${host}]` : host}:${parts.port}/api`;
    this.#parts = parts;
    const pruneQuietly = (): void => {
      this.prune().catch((error: unknown) => parts.options.logError("pruning failed", error));
    };
    this.#pruneTimer = setInterval(pruneQuietly, parts.options.pruneIntervalMs).unref();
    pruneQuietly();
  }

  get port(): number {
    return this.#parts.port;
  }

  get faults(): RelayFaults {
    return this.#parts.faults;
  }

  stats(): RelayStats {
    const { store } = this.#parts;
    return { ...store.counts(), newestCounter: store.newestCounter() };
  }

  prune(): Promise<number> {
    this.#pruning ??= this.#pruneAll().finally(() => {
      this.#pruning = undefined;
    });
    return this.#pruning;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #pruneAll(): Promise<number> {
    const { store, metrics, now, options } = this.#parts;
    const nowMs = now();
    const before = (retentionMs: number): number | undefined =>
      retentionMs === 0 ? undefined : nowMs - retentionMs;
    const limits = {
      keysMs: before(options.keyRetentionMs),
      announcementsMs: before(options.retentionMs),
      valuesMs: before(options.retentionMs),
    };
    let total = 0;
    while (this.#closed === undefined) {
      const rows = store.prune(limits, PRUNE_BATCH_ROWS);
      total += rows;
      if (rows === 0) break;
      // Requests get their turn between two batches.
      await nextTurn();
    }
    metrics.pruned(total);
    return total;
  }

  async #close(): Promise<void> {
    const { app, store, faults } = this.#parts;
    clearInterval(this.#pruneTimer);
    faults.clear();
    const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
    try {
      await app.close();
      await this.#pruning?.catch(() => undefined);
    } finally {
      clearTimeout(cut);
      store.close();
    }
  }
}
