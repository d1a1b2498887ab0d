// The measured client: GossipClient with a store on disk, and the ingress queue behind it, as a plugin runs them.
import path from "node:path";
import * as z from "zod";
// Not through the package's index: that one loads the host, whose memory would be counted here.
import { openIngressQueue } from "../../packages/channel-durability/src/ingress-queue.ts";
import { openDurableStore } from "../../packages/channel-durability/src/store.ts";
import {
  createHttpRelayClient,
  defaultCrypto,
  GossipClient,
  identityFromMnemonic,
} from "../../packages/gossip-sdk/src/index.ts";
import { watchBlocks } from "./block-monitor.ts";
import { ClientOrderSchema, preciseNowMs } from "./client-orders.ts";
import type { ClientNews } from "./client-orders.ts";

const SESSIONS_REPORT_MS = 250;

const { MNEMONIC, RELAY_URL, STATE_DIR } = z
  .object({ MNEMONIC: z.string(), RELAY_URL: z.string(), STATE_DIR: z.string() })
  .parse(process.env);

const crypto = defaultCrypto();
const identity = await identityFromMnemonic(MNEMONIC, crypto);
const traffic = { fetches: 0, addresses: 0, fetchedAtMs: 0 };
let cpu = process.cpuUsage();
let endWatching = watchBlocks();
let closing = new AbortController();

process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  const order = ClientOrderSchema.parse(message);
  if (order.kind === "run") {
    run(order.idleMs).catch((error: unknown) => tell({ kind: "failed", text: String(error) }));
  } else if (order.kind === "measure_begin") {
    beginMeasuring();
  } else if (order.kind === "measure_end") {
    endMeasuring();
  } else {
    closing.abort();
  }
});
tell({ kind: "loaded" });

async function run(idleMs: number | undefined): Promise<void> {
  closing = new AbortController();
  const { signal } = closing;
  const startedAtMs = performance.now();
  await using client = await GossipClient.open({
    identity,
    relay: createHttpRelayClient({ url: RELAY_URL, fetch: watchedFetch }),
    databasePath: path.join(STATE_DIR, "gossip", "gossip.db"),
    shouldAccept: () => "trusted",
    crypto,
    ...(idleMs !== undefined && { polling: { idleMs, idleMaxMs: idleMs } }),
  });
  using store = openDurableStore({
    path: path.join(STATE_DIR, "durable", "durable.db"),
    key: identity.storageKey.reveal(),
  });
  tell({ kind: "running", openMs: performance.now() - startedAtMs });
  const reports = setInterval(() => {
    tell({ kind: "sessions", active: client.status().sessions.active ?? 0 });
  }, SESSIONS_REPORT_MS);
  try {
    await Promise.all([client.run({ signal }), admitAll(client, store, signal)]);
  } finally {
    clearInterval(reports);
  }
  tell({ kind: "closed" });
}

async function admitAll(
  client: GossipClient,
  store: ReturnType<typeof openDurableStore>,
  signal: AbortSignal,
): Promise<void> {
  const queue = openIngressQueue<string>({
    store,
    channelId: "bench",
    accountId: "default",
    tryParsePayload: (value) => (typeof value === "string" ? value : undefined),
  });
  for await (const event of client.events({ signal })) {
    if (event.type === "message") {
      await queue.enqueue(Buffer.from(event.messageId).toString("hex"), event.text, {
        laneKey: event.peer,
      });
      const { fetchedAtMs } = traffic;
      tell({ kind: "admitted", text: event.text, atMs: preciseNowMs(), fetchedAtMs });
    }
    client.markHandled(event.id);
  }
}

/** The global fetch, with a count of what is asked of the message board. */
async function watchedFetch(
  ...[input, init]: Parameters<typeof fetch>
): Promise<Awaited<ReturnType<typeof fetch>>> {
  const response = await fetch(input, init);
  if (typeof input === "string" && input.endsWith("/messages/fetch")) {
    traffic.fetches += 1;
    traffic.addresses += typeof init?.body === "string" ? init.body.split(",").length : 0;
    traffic.fetchedAtMs = preciseNowMs();
  }
  return response;
}

function beginMeasuring(): void {
  globalThis.gc?.();
  traffic.fetches = 0;
  traffic.addresses = 0;
  endWatching();
  endWatching = watchBlocks();
  cpu = process.cpuUsage();
}

function endMeasuring(): void {
  const { user, system } = process.cpuUsage(cpu);
  const longest = endWatching();
  globalThis.gc?.();
  tell({
    kind: "measured",
    cpuMs: (user + system) / 1000,
    fetches: traffic.fetches,
    addresses: traffic.addresses,
    longestBlockMs: longest.wallMs,
    longestTurnCpuMs: longest.cpuMs,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
  });
}

function tell(news: ClientNews): void {
  process.send?.(news);
}
