// The measured client: ConvosClient with its state on disk, and nothing else that would count as its memory.
import { ConvosClient, rootFromMnemonic } from "convos-node-sdk";
import * as z from "zod";
import { type BenchConversation, type ClientNews, ClientOrderSchema } from "./orders.ts";

const FLUSH_MS = 20;

const { MNEMONIC, NODE_URL, STATE_DIR } = z
  .object({ MNEMONIC: z.string(), NODE_URL: z.string(), STATE_DIR: z.string() })
  .parse(process.env);

const startedAtMs = performance.now();
const stopping = new AbortController();
const client = await ConvosClient.open({
  folder: STATE_DIR,
  root: rootFromMnemonic(MNEMONIC),
  env: "local",
  apiUrl: NODE_URL,
});
const running = client.run({ signal: stopping.signal });
process.on("disconnect", () => process.exit(0));
process.on("message", (message) => {
  obey(message).catch((error: unknown) => tell({ kind: "failed", text: String(error) }));
});
const receiving = receive();
await allConnected();
tell({ kind: "ready", openMs: performance.now() - startedAtMs, conversations: conversations() });

async function obey(message: unknown): Promise<void> {
  const order = ClientOrderSchema.parse(message);
  switch (order.kind) {
    case "grow":
      while (client.conversations().length < order.to) await client.createConversation();
      await allConnected();
      tell({ kind: "grown", conversations: conversations() });
      break;
    case "invite": {
      const { slug } = await client.createInvite(order.conversationId);
      tell({ kind: "invited", slug });
      break;
    }
    case "collect_garbage":
      globalThis.gc?.();
      tell({ kind: "collected" });
      break;
    case "stop":
      stopping.abort();
      await Promise.all([running, receiving]);
      await client.close();
      process.disconnect();
      break;
  }
}

async function receive(): Promise<void> {
  let texts: string[] = [];
  const flush = (): void => {
    if (texts.length > 0) tell({ kind: "received", texts });
    texts = [];
  };
  const flushing = setInterval(flush, FLUSH_MS);
  for await (const event of client.events({ signal: stopping.signal })) {
    if (event.type === "message") texts.push(event.text);
    client.markHandled(event.id);
  }
  clearInterval(flushing);
  flush();
}

async function allConnected(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    if (client.status().connected) resolve();
  };
  const stop = client.onStatusChange(check);
  check();
  await promise.finally(stop);
}

function conversations(): BenchConversation[] {
  return client.conversations().map(({ id, inboxId }) => ({ id, inboxId }));
}

function tell(news: ClientNews): void {
  process.send?.(news);
}
