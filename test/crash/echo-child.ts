/**
 * The process that is killed: SDK client, ingress queue and outbox, joined as the plugin joins them. It answers every
 * text with the same text. MNEMONIC is in its environment; everything else comes in orders from the parent.
 */
import { flushCompileCache } from "node:module";
import path from "node:path";
import * as z from "zod";
// File by file, not through the index: that one loads all of the host's channel code, a second of CPU per child.
import { runDurableAccount } from "../../packages/channel-durability/src/durable-account.ts";
import {
  createIngressMonitor,
  tryParseStoredIngressEvent,
} from "../../packages/channel-durability/src/ingress-monitor.ts";
import { openIngressQueue } from "../../packages/channel-durability/src/ingress-queue.ts";
import { openOutbox } from "../../packages/channel-durability/src/outbox.ts";
import { openDurableStore } from "../../packages/channel-durability/src/store.ts";
import {
  createHttpRelayClient,
  defaultCrypto,
  GossipClient,
  identityFromMnemonic,
  parseUserId,
} from "../../packages/gossip-sdk/src/index.ts";
import type { ChildPoint } from "./kill-points.ts";
import { CRASH_POLLING, OrderSchema } from "./wire.ts";
import type { News, Order } from "./wire.ts";

const CHANNEL_ID = "echo";
const ACCOUNT_ID = "default";
const MESSAGE_ID_BYTES = 12;
const MONITOR_POLL_MS = 100;

const InboundSchema = z.object({ messageId: z.string(), peer: z.string(), text: z.string() });
const ReplySchema = z.object({ peer: z.string(), text: z.string() });

const crypto = defaultCrypto();
const identity = await identityFromMnemonic(process.env["MNEMONIC"] ?? "", crypto);
const stopping = new AbortController();
process.on("message", (message) => {
  const order = OrderSchema.parse(message);
  if (order.kind === "stop") stopping.abort();
  else run(order).catch((error: unknown) => fail(error));
});
// A parent that is gone ends us too; one that we leave ourselves does not.
const orphaned = (): never => process.exit(1);
process.on("disconnect", orphaned);
// A killed process writes no compile cache at its end.
flushCompileCache();
tell({ kind: "loaded" });

async function run(order: Extract<Order, { kind: "go" }>): Promise<void> {
  const reach = createKillSwitch(order.killAt);
  await using client = await GossipClient.open({
    identity,
    relay: createHttpRelayClient({ url: order.relayUrl }),
    databasePath: path.join(order.stateDir, "gossip", "gossip.db"),
    shouldAccept: () => "trusted",
    crypto,
    polling: CRASH_POLLING,
  });
  const store = openDurableStore({
    path: path.join(order.stateDir, "durable", "durable.db"),
    key: identity.storageKey.reveal(),
  });
  const outbox = openOutbox({
    store,
    parseBody: (value) => ReplySchema.parse(value),
    checkpoint: (step) => reach(step),
    onError: report,
    transport: {
      async send(body, context) {
        reach("handed_over");
        context.assertHandoff();
        const { messageId } = await client.send(
          parseUserId(body.peer),
          { type: "text", text: body.text },
          { messageId: context.messageId(MESSAGE_ID_BYTES) },
        );
        reach("queued");
        return { nativeId: toHex(messageId) };
      },
    },
  });
  const monitor = createIngressMonitor({
    queue: openIngressQueue({
      store,
      channelId: CHANNEL_ID,
      accountId: ACCOUNT_ID,
      tryParsePayload: tryParseStoredIngressEvent,
    }),
    inspect: ({ messageId, peer }) => ({ eventId: messageId, laneKey: peer }),
    codec: {
      serialize: (event) => JSON.stringify(event),
      parse: (text) => InboundSchema.parse(JSON.parse(text)),
    },
    pollIntervalMs: MONITOR_POLL_MS,
    onError: report,
    async deliver({ messageId, peer, text }) {
      reach("claimed");
      await outbox.send({ queueId: messageId, partIndex: 0, target: peer, body: { peer, text } });
      reach("delivered");
    },
  });
  const running = client.run({ signal: stopping.signal });
  await runDurableAccount({
    store,
    monitor,
    outbox,
    signal: stopping.signal,
    onError: report,
    async receive(signal) {
      for await (const event of client.events({ signal })) {
        reach("event");
        if (event.type === "message") {
          const { peer, text } = event;
          await monitor.admit({ messageId: toHex(event.messageId), peer, text });
        }
        reach("admitted");
        client.markHandled(event.id);
        reach("handled");
        monitor.requestDrain();
      }
    },
  });
  await running;
  const { forksNoticed, unhandled, queueDepth } = client.status();
  tell({ kind: "stopped", forksNoticed, unhandled, queueDepth });
  leave();
}

/** Ends the process without a word at the chosen pass of the chosen point. */
function createKillSwitch(
  killAt: Extract<Order, { kind: "go" }>["killAt"],
): (point: ChildPoint) => void {
  let passes = 0;
  return (point) => {
    if (point !== killAt?.point) return;
    passes += 1;
    if (passes === killAt.occurrence) process.kill(process.pid, "SIGKILL");
  };
}

function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  tell({ kind: "error", text });
}

function fail(error: unknown): void {
  report(error);
  process.exitCode = 1;
  leave();
}

function leave(): void {
  process.off("disconnect", orphaned);
  process.disconnect();
}

function tell(news: News): void {
  process.send?.(news);
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
