/**
 * The process that is killed: SDK client, ingress queue and outbox, joined as the plugin joins them. It answers every
 * text with the same text, every tenth with a file besides. MNEMONIC is in its environment; the rest comes in orders.
 */
import path from "node:path";
import * as z from "zod";
// File by file, not through the index: that one loads all of the host's channel code, a second of CPU per child.
import { runDurableAccount } from "../../../packages/channel-durability/src/durable-account.ts";
import {
  createIngressMonitor,
  tryParseStoredIngressEvent,
} from "../../../packages/channel-durability/src/ingress-monitor.ts";
import { openIngressQueue } from "../../../packages/channel-durability/src/ingress-queue.ts";
import { openOutbox } from "../../../packages/channel-durability/src/outbox.ts";
import { openDurableStore } from "../../../packages/channel-durability/src/store.ts";
import {
  ConvosClient,
  createXmtpNetwork,
  type OutgoingContent,
  rootFromMnemonic,
  type XmtpNetwork,
} from "../../../packages/convos-node-sdk/src/index.ts";
import { type ConvosPoint, type News, type Order, OrderSchema } from "./wire.ts";

const MONITOR_POLL_MS = 100;
/** Every so many texts a file is sent, too: its two parameters have no order, which is the hard case for idempotency. */
const FILE_EVERY = 10;

const InboundSchema = z.object({
  messageId: z.string(),
  conversation: z.string(),
  text: z.string(),
});
const ReplySchema = z.object({ conversation: z.string(), text: z.string() });

const root = rootFromMnemonic(process.env["MNEMONIC"] ?? "");
const stopping = new AbortController();
process.on("message", (message) => {
  const order = OrderSchema.parse(message);
  if (order.kind === "stop") stopping.abort();
  else run(order).catch((error: unknown) => fail(error));
});
// A parent that is gone ends us too; one that we leave ourselves does not.
const orphaned = (): never => process.exit(1);
process.on("disconnect", orphaned);
tell({ kind: "loaded" });

async function run(order: Extract<Order, { kind: "go" }>): Promise<void> {
  const reach = createKillSwitch(order.killAt);
  await using client = await ConvosClient.open({
    folder: path.join(order.stateDir, "convos"),
    root,
    env: "local",
    network: watched(createXmtpNetwork({ env: "local", apiUrl: order.nodeUrl }), reach),
    timing: { joinPollMs: 200, retryMinMs: 100, retryMaxMs: 500 },
  });
  const store = openDurableStore({
    path: path.join(order.stateDir, "durable", "durable.db"),
    key: root.storageKey().reveal(),
  });
  const outbox = openOutbox({
    store,
    parseBody: (value) => ReplySchema.parse(value),
    onError: report,
    transport: {
      async send({ conversation, text }, context) {
        reach("handed_over");
        context.assertHandoff();
        const key = Buffer.from(context.messageId(16)).toString("hex");
        await client.send(conversation, { type: "text", text }, { key });
        if (Number(text) % FILE_EVERY === 0) {
          await client.send(conversation, fileOf(text), { key: `${key}-file` });
        }
        reach("queued");
        return { nativeId: key };
      },
    },
  });
  const monitor = createIngressMonitor({
    queue: openIngressQueue({
      store,
      channelId: "echo",
      accountId: "default",
      tryParsePayload: tryParseStoredIngressEvent,
    }),
    inspect: ({ messageId, conversation }) => ({ eventId: messageId, laneKey: conversation }),
    codec: {
      serialize: (event) => JSON.stringify(event),
      parse: (text) => InboundSchema.parse(JSON.parse(text)),
    },
    pollIntervalMs: MONITOR_POLL_MS,
    onError: report,
    async deliver({ messageId, conversation, text }) {
      reach("claimed");
      const body = { conversation, text };
      await outbox.send({ queueId: messageId, partIndex: 0, target: conversation, body });
      reach("delivered");
    },
  });
  const running = client.run({ signal: stopping.signal });
  if (client.conversations().length + client.pendingJoins().length === 0) {
    await client.join(order.invite);
  }
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
          const { messageId, conversationId: conversation, text } = event;
          await monitor.admit({ messageId, conversation, text });
        }
        reach("admitted");
        client.markHandled(event.id);
        reach("handled");
        monitor.requestDrain();
      }
    },
  });
  await running;
  const { unhandled, queueDepth } = client.status();
  tell({ kind: "stopped", unhandled, queueDepth });
  leave();
}

function fileOf(text: string): OutgoingContent {
  const bytes = Buffer.from(text);
  return { type: "attachment", filename: `${text}.txt`, mimeType: "text/plain", bytes };
}

/** The real network, with a point to die at before and after each thing that a message goes through. */
function watched(network: XmtpNetwork, reach: (point: ConvosPoint) => void): XmtpNetwork {
  return {
    ...network,
    async openInbox(options) {
      const inbox = await network.openInbox(options);
      return {
        ...inbox,
        group(id) {
          const group = inbox.group(id);
          return (
            group && {
              ...group,
              prepare(content, key) {
                reach("preparing");
                const messageId = group.prepare(content, key);
                reach("prepared");
                return messageId;
              },
              async publish(messageId) {
                await group.publish(messageId);
                reach("published");
              },
            }
          );
        },
      };
    },
  };
}

/** Ends the process without a word at the chosen pass of the chosen point. */
function createKillSwitch(
  killAt: Extract<Order, { kind: "go" }>["killAt"],
): (point: ConvosPoint) => void {
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
