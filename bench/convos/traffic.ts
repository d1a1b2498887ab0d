import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeInvite, parseInviteText } from "convos-node-sdk";
import type { RunningLocalNode } from "xmtp-local-node";
import { ConvosCli } from "../../test/support/convos-cli.ts";
import type { ServedConversation } from "../../test/support/convos-cli-serve.ts";
import { median, quantile, WrongResultError } from "../measure.ts";
import { createFigure, createRecord, type BenchResult } from "../records.ts";
import { MeasuredClient } from "./measured-client.ts";
import type { BenchConversation } from "./orders.ts";
import { Receipts } from "./receipts.ts";
import { Talker } from "./talker.ts";

const CONVERSATIONS = 20;
/** `CONVOS_MESSAGES` in the environment makes the stream shorter. */
const STREAMED = Number(process.env["CONVOS_MESSAGES"] ?? 100_000);
const BACKLOG = Number(process.env["CONVOS_BACKLOG"] ?? 10_000);
/** Sent and not received, at most. */
const WINDOW = 2_000;
const CUTS = 3;
const CUT_MS = 8_000;
const RETURN_LIMIT_MS = 6_000;
/** The CLI's own pause before it tries again is a minute. */
const CLI_PATIENCE_MS = 75_000;
const SILENCE_MS = 90_000;

/** Messages to one client with many conversations: after a cut, after a night, and in a flood. */
export async function benchTraffic(
  node: RunningLocalNode,
  folder: string,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  const talker = stack.use(await Talker.start(node.url));
  const client = stack.use(new MeasuredClient(node.url, path.join(folder, "traffic")));
  const receipts = new Receipts();
  await client.start(receipts.note);
  const conversations = await client.grow(CONVERSATIONS);
  for (const { id, inboxId } of conversations) {
    await talker.join(inboxId, id, await client.invite(id));
  }
  progress(`${CONVERSATIONS} conversations joined`);
  const cli = stack.use(await new ConvosCli(path.join(folder, "cli-traffic")).serve());
  const { slug } = parseInviteText(cli.inviteUrl);
  await talker.join(decodeInvite(slug).payload.creatorInboxId, cli.conversationId, slug);

  const world: World = { node, talker, conversations, receipts, progress };
  const results = [...(await benchCut(world, cli))];
  await cli.stop();
  results.push(...(await benchBacklog(world, client)), ...(await benchStream(world)));
  if (receipts.doubled > 0) throw new WrongResultError(`${receipts.doubled} messages came twice`);
  return results;
}

interface World {
  readonly node: RunningLocalNode;
  readonly talker: Talker;
  readonly conversations: readonly BenchConversation[];
  readonly receipts: Receipts;
  readonly progress: (line: string) => void;
}

/** How long after the network's return the first message is there, in each conversation. */
async function benchCut(world: World, cli: ServedConversation): Promise<BenchResult[]> {
  const { node, talker, conversations, receipts, progress } = world;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let cut = 1; cut <= CUTS; cut += 1) {
    // The CLI looks back only if it has heard something since its start.
    await talker.send(cli.conversationId, `before cut ${cut}`);
    await cli.message(`before cut ${cut}`);
    await node.stop();
    await sleep(CUT_MS);
    await node.start();
    const returnedAtMs = performance.now();
    const text = `after cut ${cut}`;
    const heardByCli = cli.message(text, CLI_PATIENCE_MS).then(
      () => performance.now() - returnedAtMs,
      () => CLI_PATIENCE_MS,
    );
    await Promise.all([
      sendUntilTaken(talker, cli.conversationId, text),
      ...conversations.map(({ id }) => sendUntilTaken(talker, id, `${text} ${id}`)),
    ]);
    for (const { id } of conversations) {
      let atMs = receipts.firstAtMs(`${text} ${id}`);
      while (atMs === undefined && performance.now() - returnedAtMs < CLI_PATIENCE_MS) {
        await receipts.change(CLI_PATIENCE_MS);
        atMs = receipts.firstAtMs(`${text} ${id}`);
      }
      ours.push((atMs ?? Infinity) - returnedAtMs);
    }
    theirs.push(await heardByCli);
    progress(`cut ${cut}: ours ${median(ours).toFixed(0)} ms, CLI ${theirs.at(-1)?.toFixed(0)} ms`);
  }
  const baseline = quantile(theirs, 0.95);
  return [
    {
      record: createRecord({
        name: "convos-first-after-cut-p95",
        unit: "ms",
        value: quantile(ours, 0.95),
        baseline,
      }),
      valueLimit: RETURN_LIMIT_MS,
    },
    createFigure("convos-first-after-cut-median", "ms", median(ours)),
  ];
}

/** A sender has to find its way back, too. */
async function sendUntilTaken(talker: Talker, conversation: string, text: string): Promise<void> {
  for (;;) {
    try {
      await talker.send(conversation, text);
      return;
    } catch {
      await sleep(100);
    }
  }
}

/** What was written while the client was away. */
async function benchBacklog(world: World, client: MeasuredClient): Promise<BenchResult[]> {
  const { receipts, progress } = world;
  await client.stop();
  const before = receipts.count;
  await sendMany(world, BACKLOG, "backlog", () => false);
  progress(`${BACKLOG} messages written while the client was away`);
  const startedAtMs = performance.now();
  const readyMs = await client.start(receipts.note);
  await receipts.reach(before + BACKLOG, SILENCE_MS);
  const tookMs = performance.now() - startedAtMs;
  progress(`backlog received in ${tookMs.toFixed(0)} ms`);
  return [
    createFigure("convos-backlog", "messages", BACKLOG),
    createFigure("convos-backlog-missed", "messages", 0, 0),
    createFigure("convos-backlog-ready", "ms", readyMs),
    createFigure("convos-backlog-received", "ms", tookMs),
  ];
}

/** Messages without end, as fast as the client takes them. */
async function benchStream(world: World): Promise<BenchResult[]> {
  const { receipts, progress } = world;
  const before = receipts.count;
  const startedAtMs = performance.now();
  const isFull = (sent: number): boolean => sent - (receipts.count - before) > WINDOW;
  await sendMany(world, STREAMED, "stream", isFull);
  await receipts.reach(before + STREAMED, SILENCE_MS);
  const seconds = (performance.now() - startedAtMs) / 1000;
  progress(`${STREAMED} messages streamed in ${seconds.toFixed(0)} s`);
  return [
    createFigure("convos-streamed", "messages", STREAMED),
    createFigure("convos-streamed-missed", "messages", 0, 0),
    createFigure("convos-streamed-rate", "messages/s", STREAMED / seconds),
  ];
}

/**
 * Sends into all conversations at once, each in order.
 *
 * @param isFull - Whether to wait for the receiver.
 */
async function sendMany(
  world: World,
  total: number,
  name: string,
  isFull: (sent: number) => boolean,
): Promise<void> {
  const { talker, conversations, receipts, progress } = world;
  let sent = 0;
  await Promise.all(
    conversations.map(async ({ id }) => {
      while (sent < total) {
        const text = `${name} ${sent}`;
        sent += 1;
        if (sent % 10_000 === 0) progress(`${sent} ${name} messages on their way`);
        await talker.send(id, text);
        while (isFull(sent)) await receipts.change(SILENCE_MS);
      }
    }),
  );
}
