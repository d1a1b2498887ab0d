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
import type { EchoPoint } from "./kill-points.ts";
import { OrderSchema } from "./wire.ts";
import type { News, Order } from "./wire.ts";

const CHANNEL_ID = "echo";
const ACCOUNT_ID = "default";
const MESSAGE_ID_BYTES = 12;
const MONITOR_POLL_MS = 100;

const InboundSchema = z.object({ messageId: z.string(), peer: z.string(), text: z.string() });
const ReplySchema = z.object({ peer: z.string(), text: z.string() });

export type GoOrder = Extract<Order, { kind: "go" }>;

/** An SDK's client, as far as an echo needs it. */
export interface EchoClient extends AsyncDisposable {
  /** Seals queue and outbox, 32 bytes. */
  readonly storageKey: Uint8Array;
  run(signal: AbortSignal): Promise<void>;
  /** `message` is what is echoed; other events are marked as handled and that is all. */
  events(signal: AbortSignal): AsyncIterable<EchoEvent>;
  markHandled(id: number): void;
  /** The same id again is the same message. @returns the id that the network knows. */
  send(peer: string, text: string, messageId: Uint8Array): Promise<string>;
  status(): { copiesSeen: number; unhandled: number; queueDepth: number };
}

/** @param reach - To be called at the points in the SDK that the channel names. */
export type OpenEcho = (order: GoOrder, reach: (point: string) => void) => Promise<EchoClient>;

interface EchoEvent {
  readonly id: number;
  readonly message?: z.infer<typeof InboundSchema>;
}

const stopping = new AbortController();
// A parent that is gone ends us too; one that we leave ourselves does not.
const orphaned = (): never => process.exit(1);

/**
 * The process that is killed: SDK client, ingress queue and outbox, joined as a plugin joins them. It answers every text
 * with the same text. It waits for orders from the parent, and touches no state before.
 */
export function serveEcho(open: OpenEcho): void {
  process.on("message", (message) => {
    const order = OrderSchema.parse(message);
    if (order.kind === "stop") stopping.abort();
    else run(order, open).catch((error: unknown) => fail(error));
  });
  process.on("disconnect", orphaned);
  // A killed process writes no compile cache at its end.
  flushCompileCache();
  tell({ kind: "loaded" });
}

async function run(order: GoOrder, open: OpenEcho): Promise<void> {
  const die = createKillSwitch(order.killAt);
  const reach = (point: EchoPoint): void => die(point);
  await using client = await open(order, die);
  const store = openDurableStore({
    path: path.join(order.stateDir, "durable", "durable.db"),
    key: client.storageKey,
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
        const messageId = context.messageId(MESSAGE_ID_BYTES);
        const nativeId = await client.send(body.peer, body.text, messageId);
        reach("queued");
        return { nativeId };
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
  const running = client.run(stopping.signal);
  await runDurableAccount({
    store,
    monitor,
    outbox,
    signal: stopping.signal,
    onError: report,
    async receive(signal) {
      for await (const { id, message } of client.events(signal)) {
        reach("event");
        if (message !== undefined) await monitor.admit(message);
        reach("admitted");
        client.markHandled(id);
        reach("handled");
        monitor.requestDrain();
      }
    },
  });
  await running;
  tell({ kind: "stopped", ...client.status() });
  leave();
}

/** Ends the process without a word at the chosen pass of the chosen point. */
function createKillSwitch(killAt: GoOrder["killAt"]): (point: string) => void {
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
