import { once, EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  createIngressMonitor,
  openDurableStore,
  openIngressQueue,
  tryParseStoredIngressEvent,
} from "channel-durability";
import { startRelay, type RunningRelay } from "gossip-relay";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  identityFromMnemonic,
} from "gossip-sdk";
import * as z from "zod";
import { WrongResultError } from "../measure.ts";
import { startCountingProxy } from "./counting-proxy.ts";
import { createFigure, type BenchResult } from "../records.ts";

/** `SOAK_MESSAGES` in the environment makes it shorter. */
const MESSAGES = Number(process.env["SOAK_MESSAGES"] ?? 100_000);
const BATCH = 50;
/** One connection is cut for so many messages: 1,000 in all. */
const MESSAGES_PER_CUT = 100;
/** What is in memory by then is there to stay; from there on nothing may grow. */
const SETTLED_SHARE = 0.2;
const HEAP_GROWTH_LIMIT_MB = 8;
const BATCH_TIMEOUT_MS = 120_000;
const MB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60_000;
const IDLE_MS = 120_000;

const POLLING = { liveMs: 20, idleMs: 20, idleMaxMs: 40, bulletinMs: 500, retryMs: 20 };
/** The relay forgets what was read long ago, or it would be what grows. */
const RELAY_RETENTION = { retentionMs: 120_000, pruneIntervalMs: 20_000 };

const InboundSchema = z.object({ messageId: z.string(), peer: z.string() });

/** Messages without end through SDK, relay and admission, with cut connections; and a day of silence, by extrapolation. */
export async function benchSoak(progress: (line: string) => void): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtemp(path.join(tmpdir(), "gossip-soak-")), (made) =>
    rm(made, { recursive: true, force: true }),
  );
  const relay = stack.adopt(
    await startRelay({ ...RELAY_RETENTION, databasePath: path.join(folder, "relay.db") }),
    (running) => running.close(),
  );
  const alice = await open(relay.url, path.join(folder, "alice"), POLLING, stack);
  const bob = await open(relay.url, path.join(folder, "bob"), POLLING, stack);
  const inbox = openInbox(bob, path.join(folder, "durable"), stack);
  await alice.requestContact(bob.userId);

  let settledBytes = 0;
  const startedMs = performance.now();
  for (let sent = 0; sent < MESSAGES; sent += BATCH) {
    if (sent % MESSAGES_PER_CUT === 0) {
      relay.faults.inject({ kind: "drop", routes: ["messages_fetch"], times: 1 });
    }
    for (let i = 0; i < BATCH; i += 1) {
      await alice.send(bob.userId, { type: "text", text: `message ${sent + i}` });
    }
    await inbox.whenAdmitted(sent + BATCH);
    if (sent + BATCH === MESSAGES * SETTLED_SHARE) settledBytes = heapBytes();
    if ((sent + BATCH) % 5_000 === 0) {
      const seconds = (performance.now() - startedMs) / 1000;
      progress(`${sent + BATCH} messages, ${((sent + BATCH) / seconds).toFixed(0)} per second`);
    }
  }
  const grownMb = (heapBytes() - settledBytes) / MB;
  const seconds = (performance.now() - startedMs) / 1000;
  const { admitted, repeated } = inbox.counts;
  if (admitted !== MESSAGES || repeated !== 0) {
    throw new WrongResultError(`soak: ${admitted} of ${MESSAGES}, ${repeated} twice`);
  }
  progress("two minutes of silence");
  const idleBytes = await measureIdle(relay, folder, stack);
  return [
    createFigure("soak-messages", "messages", MESSAGES),
    createFigure("soak-rate", "messages/s", MESSAGES / seconds),
    createFigure("soak-heap-growth", "MB", grownMb, HEAP_GROWTH_LIMIT_MB),
    createFigure("idle-bytes-per-day", "MB", (idleBytes * (DAY_MS / IDLE_MS)) / MB),
  ];
}

async function open(
  relayUrl: string,
  folder: string,
  polling: Partial<typeof POLLING> & { liveForMs?: number },
  stack: AsyncDisposableStack,
): Promise<GossipClient> {
  const client = await GossipClient.open({
    identity: await identityFromMnemonic(generateMnemonic(), defaultCrypto()),
    relay: createHttpRelayClient({ url: relayUrl }),
    databasePath: path.join(folder, "gossip.db"),
    shouldAccept: () => "trusted",
    polling,
  });
  const stop = new AbortController();
  const running = client.run({ signal: stop.signal });
  stack.defer(async () => {
    stop.abort();
    await running;
    await client.close();
  });
  // Nobody can write to an id before its keys are on the relay.
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    if (client.status().keysPublishedAtMs !== undefined) resolve();
  };
  const unwatch = client.onStatusChange(check);
  check();
  await promise;
  unwatch();
  return client;
}

interface Inbox {
  /** `repeated`: messages that came although the queue had them. */
  readonly counts: { readonly admitted: number; readonly repeated: number };
  whenAdmitted(count: number): Promise<void>;
}

/** Takes over what a client received as the channel does: on disk first, then handled. */
function openInbox(client: GossipClient, folder: string, stack: AsyncDisposableStack): Inbox {
  const store = stack.adopt(
    openDurableStore({ path: path.join(folder, "durable.db"), key: new Uint8Array(32).fill(1) }),
    (opened) => opened.close(),
  );
  const failures: unknown[] = [];
  const monitor = createIngressMonitor({
    queue: openIngressQueue({
      store,
      channelId: "soak",
      accountId: "default",
      tryParsePayload: tryParseStoredIngressEvent,
    }),
    inspect: ({ messageId, peer }: z.infer<typeof InboundSchema>) => ({
      eventId: messageId,
      laneKey: peer,
    }),
    codec: {
      serialize: (event) => JSON.stringify(event),
      parse: (text) => InboundSchema.parse(JSON.parse(text)),
    },
    onError: (error) => failures.push(error),
    deliver: async () => undefined,
  });
  monitor.start();
  const news = new EventEmitter();
  const stop = new AbortController();
  const counts = { admitted: 0, repeated: 0 };
  const receiving = (async () => {
    for await (const event of client.events({ signal: stop.signal })) {
      if (event.type === "message") {
        const messageId = Buffer.from(event.messageId).toString("hex");
        const result = await monitor.admit({ messageId, peer: event.peer });
        if (result === "accepted") counts.admitted += 1;
        else counts.repeated += 1;
      }
      client.markHandled(event.id);
      monitor.requestDrain();
      news.emit("event");
    }
  })();
  stack.defer(async () => {
    stop.abort();
    await receiving;
    await monitor.stop();
  });
  return {
    counts,
    whenAdmitted: async (count) => {
      const signal = AbortSignal.timeout(BATCH_TIMEOUT_MS);
      while (counts.admitted < count) {
        if (failures.length > 0) throw failures[0];
        await once(news, "event", { signal });
      }
    },
  };
}

/** Bytes that a client with one contact and the times of real life moves while nobody says anything. */
async function measureIdle(
  relay: RunningRelay,
  folder: string,
  stack: AsyncDisposableStack,
): Promise<number> {
  // Last in, first out: the client lets go of its connection before the proxy waits for that.
  const proxy = stack.use(await startCountingProxy(relay.url));
  const atOnce = { liveForMs: 1 };
  const carol = await open(proxy.url, path.join(folder, "carol"), atOnce, stack);
  const dave = await open(relay.url, path.join(folder, "dave"), atOnce, stack);
  await carol.requestContact(dave.userId);
  await once(AbortSignal.timeout(IDLE_MS / 2), "abort");
  const before = proxy.bytes;
  await once(AbortSignal.timeout(IDLE_MS), "abort");
  return proxy.bytes - before;
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new WrongResultError("soak: needs node --expose-gc");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
