import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, Client } from "@xmtp/agent-sdk";
import { ConvosClient, generateMnemonic, rootFromMnemonic } from "convos-node-sdk";
import { convosCodecs, convosSigner, useConvos } from "convos-node-sdk/agent";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { WrongResultError } from "../measure.ts";
import { createFigure, type BenchResult } from "../records.ts";
import { readProcessFigures } from "../process-figures.ts";
import { Receipts } from "./receipts.ts";
import { Talker } from "./talker.ts";

const MESSAGES = 20;
const CUT_MS = 8_000;
/** Longer than the SDK's own pause of a minute. */
const PATIENCE_MS = 80_000;
const INBOXES = 10;

/** One conversation, heard by one of the two. */
interface Listener {
  readonly conversationId: string;
  readonly inboxId: string;
  readonly slug: string;
  readonly receipts: Receipts;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What the two ways to build on XMTP lose while they are stopped, and after a cut (docs/adr/0014-agent-or-client.md). */
export async function benchAgentOrClient(progress: (line: string) => void): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtemp(path.join(tmpdir(), "convos-agent-bench-")), (made) =>
    rm(made, { recursive: true, force: true }),
  );
  const node = stack.use(await startLocalNode());
  const talker = stack.use(await Talker.start(node.url));
  const listeners = {
    agent: await createAgentListener(node.url, path.join(folder, "agent.db3")),
    client: await createClientListener(node.url, path.join(folder, "client")),
  };
  for (const { inboxId, conversationId, slug } of Object.values(listeners)) {
    await talker.join(inboxId, conversationId, slug);
  }
  const results: BenchResult[] = [];
  for (const [name, listener] of Object.entries(listeners)) {
    const lost = await measureLoss(node, talker, listener);
    progress(`${name}: ${JSON.stringify(lost)}`);
    results.push(
      createFigure(`${name}-lost-while-stopped`, "messages", lost.whileStopped),
      createFigure(`${name}-lost-after-cut`, "messages", lost.afterCut),
      createFigure(`${name}-first-after-cut`, "ms", lost.firstAfterCutMs),
    );
    await listener.stop();
  }
  results.push(
    createFigure("agent-per-inbox", "MB", await measureAgents(node.url, folder)),
    createFigure("client-per-inbox", "MB", await measureConversations(node.url, folder)),
  );
  return results;
}

async function measureLoss(node: RunningLocalNode, talker: Talker, listener: Listener) {
  const { conversationId, receipts } = listener;
  const say = async (when: string): Promise<void> => {
    for (let index = 0; index < MESSAGES; index += 1) {
      await talker.send(conversationId, `${when} ${index}`);
    }
  };
  await say("live");
  await waitFor(receipts, MESSAGES, PATIENCE_MS);
  if (receipts.count !== MESSAGES) throw new WrongResultError("messages were lost in peace");
  await listener.stop();
  await say("stopped");
  await listener.start();
  await waitFor(receipts, 2 * MESSAGES, PATIENCE_MS / 4);
  const whileStopped = 2 * MESSAGES - receipts.count;

  const before = receipts.count;
  await node.stop();
  await sleep(CUT_MS);
  await node.start();
  const returnedAtMs = performance.now();
  await say("cut");
  await waitFor(receipts, before + MESSAGES, PATIENCE_MS);
  const afterCut = before + MESSAGES - receipts.count;
  // After that time even the slower one hears again.
  await talker.send(conversationId, "late");
  await waitFor(receipts, receipts.count + 1, PATIENCE_MS);
  const firstAtMs = receipts.firstAtMs("cut 0") ?? receipts.firstAtMs("late") ?? Number.NaN;
  return { whileStopped, afterCut, firstAfterCutMs: firstAtMs - returnedAtMs };
}

async function waitFor(receipts: Receipts, count: number, patienceMs: number): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (receipts.count < count && performance.now() < endMs) {
    await receipts.change(endMs - performance.now());
  }
}

async function createAgentListener(apiUrl: string, dbPath: string): Promise<Listener> {
  const receipts = new Receipts();
  const { agent, convos } = await openAgent(apiUrl, dbPath);
  agent.on("text", (ctx) => receipts.note([ctx.message.content]));
  await agent.start();
  const { id } = await convos.createConversation();
  return {
    conversationId: id,
    inboxId: agent.client.inboxId,
    slug: convos.createInvite(id).slug,
    receipts,
    start: () => agent.start(),
    stop: () => agent.stop(),
  };
}

async function openAgent(apiUrl: string, dbPath: string) {
  const key = rootFromMnemonic(generateMnemonic()).conversationKey(0);
  const client = await Client.create(convosSigner(key), {
    env: "local",
    apiUrl,
    dbPath,
    dbEncryptionKey: new Uint8Array(32).fill(7),
    disableDeviceSync: true,
    useSingleConnection: true,
    codecs: convosCodecs(),
  });
  const agent = new Agent({ client });
  return { agent, convos: useConvos(agent, { key, network: "local" }) };
}

async function createClientListener(apiUrl: string, folder: string): Promise<Listener> {
  const receipts = new Receipts();
  const root = rootFromMnemonic(generateMnemonic());
  let client = await ConvosClient.open({ folder, root, env: "local", apiUrl });
  let stopping = new AbortController();
  let working: Promise<unknown> = Promise.resolve();
  const receive = async (signal: AbortSignal): Promise<void> => {
    for await (const event of client.events({ signal })) {
      if (event.type === "message") receipts.note([event.text]);
      client.markHandled(event.id);
    }
  };
  const begin = (): void => {
    stopping = new AbortController();
    const { signal } = stopping;
    working = Promise.all([client.run({ signal }), receive(signal)]);
  };
  begin();
  const { id, inboxId } = await client.createConversation();
  const { slug } = await client.createInvite(id);
  return {
    conversationId: id,
    inboxId,
    slug,
    receipts,
    async start() {
      client = await ConvosClient.open({ folder, root, env: "local", apiUrl });
      begin();
    },
    async stop() {
      stopping.abort();
      await working;
      await client.close();
    },
  };
}

async function measureAgents(apiUrl: string, folder: string): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const beforeMb = settledMb();
  for (let index = 0; index < INBOXES; index += 1) {
    const { agent, convos } = await openAgent(apiUrl, path.join(folder, `many-${index}.db3`));
    stack.defer(async () => {
      await agent.stop();
      await agent.client.close();
    });
    await agent.start();
    await convos.createConversation();
  }
  return (settledMb() - beforeMb) / INBOXES;
}

async function measureConversations(apiUrl: string, folder: string): Promise<number> {
  const root = rootFromMnemonic(generateMnemonic());
  await using client = await ConvosClient.open({
    folder: path.join(folder, "many"),
    root,
    env: "local",
    apiUrl,
  });
  const stopping = new AbortController();
  const running = client.run({ signal: stopping.signal });
  const beforeMb = settledMb();
  for (let index = 0; index < INBOXES; index += 1) await client.createConversation();
  const perInboxMb = (settledMb() - beforeMb) / INBOXES;
  stopping.abort();
  await running;
  return perInboxMb;
}

function settledMb(): number {
  globalThis.gc?.();
  return readProcessFigures(process.pid).pssMb;
}
