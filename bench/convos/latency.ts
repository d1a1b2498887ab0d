import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startGateway, startScriptedModel, type Gateway } from "channel-testing";
import { decodeInvite, parseInviteText } from "convos-node-sdk";
import { startXmtpNode } from "../../test/support/xmtp-node-process.ts";
import { quantile } from "../measure.ts";
import { createFigure, createRecord, type BenchResult } from "../records.ts";
import { growBot, inviteToBot, prepareBotHost } from "./bot-host.ts";
import { Receipts } from "./receipts.ts";
import { StreamListener } from "./stream-listener.ts";
import { Talker } from "./talker.ts";

const PROBE = fileURLToPath(new URL("../dispatch-probe", import.meta.url));
const TALKED_IN = 4;
/** More than is asked here: one person asks it all. */
const TURN_BUDGET = { perPerson: 1_000, perAccount: 1_000 };
const MANY = 50;
const QUESTIONS_IN_EACH = 14;
/** Nothing of one question is left when the next one comes. */
const PAUSE_MS = 500;
const WAIT_MS = 60_000;
const READY_TIMEOUT_MS = 240_000;
const LIMIT_MS = 300;
const QUESTION = /question [\w-]+/;

/** Milliseconds from the moment in which the sender's library was given the message. */
interface Sample {
  /** The library's own stream gave it to another member. */
  readonly streamMs: number;
  /** OpenClaw has taken it for the agent. */
  readonly dispatchMs: number;
  /** The model was asked. */
  readonly modelMs: number;
  /** The answer was with another member. */
  readonly answerMs: number;
}

interface World {
  readonly gateway: Gateway;
  readonly talker: Talker;
  readonly listener: StreamListener;
  /** Questions as the model gets them. */
  readonly asked: Receipts;
}

/**
 * From a message in a conversation to the agent, through the real gateway while nothing else goes on, beside a bare stream of
 * the same library in the same conversation. The time for which a message waits for more lines of the same person
 * (`messages.inbound`) is set to zero: by default it comes on top.
 */
export async function benchConvosLatency(progress: (line: string) => void): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtemp(path.join(tmpdir(), "convos-latency-")), (made) =>
    rm(made, { recursive: true, force: true }),
  );
  const node = stack.use(
    await startXmtpNode("--port", "0", "--db", path.join(folder, "node.sqlite")),
  );
  const asked = new Receipts();
  const model = stack.use(
    await startScriptedModel({
      reply: ({ lastUserText }) => {
        const question = findQuestion(lastUserText);
        asked.note([question]);
        return answerTo(question);
      },
    }),
  );
  const talker = stack.use(await Talker.start(node.url));
  const listener = stack.use(await StreamListener.start(node.url));
  const host = await prepareBotHost({
    folder,
    nodeUrl: node.url,
    model,
    // The listener is the second human in each.
    section: { groups: { "*": { requireMention: false } }, turnBudget: TURN_BUDGET },
    owners: [`convos:${talker.inboxId}`],
    plugins: { "dispatch-probe": PROBE },
    config: { messages: { inbound: { byChannel: { convos: 0 } } } },
  });
  progress("starting the gateway");
  const gateway = stack.use(await startGateway(host, { readyTimeoutMs: READY_TIMEOUT_MS }));
  const world: World = { gateway, talker, listener, asked };
  const rooms = await growBot(gateway, TALKED_IN);
  for (const room of rooms) await meet(world, room);
  // The first turn of a session costs more than the ones after it.
  for (const [index, room] of rooms.entries()) await timeQuestion(world, room, `first-${index}`);

  const results = await benchQuestions(world, rooms, TALKED_IN, progress);
  progress(`growing to ${MANY} conversations`);
  await growBot(gateway, MANY);
  results.push(...(await benchQuestions(world, rooms, MANY, progress)));
  return results;
}

/** Brings the talker and the listener into a conversation of the account. */
async function meet({ gateway, listener, talker }: World, room: string): Promise<void> {
  const { slug } = parseInviteText(await inviteToBot(gateway, room));
  await talker.join(decodeInvite(slug).payload.creatorInboxId, room, slug);
  await talker.add(room, listener.inboxId);
  await listener.listen(room);
}

async function benchQuestions(
  world: World,
  rooms: readonly string[],
  conversations: number,
  progress: (line: string) => void,
): Promise<BenchResult[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < QUESTIONS_IN_EACH; round += 1) {
    for (const [index, room] of rooms.entries()) {
      await sleep(PAUSE_MS);
      samples.push(await timeQuestion(world, room, `${conversations}-${round}-${index}`));
    }
  }
  progress(`${samples.length} questions among ${conversations} conversations`);
  const of = (pick: (sample: Sample) => number, fraction: number): number =>
    quantile(samples.map(pick), fraction);
  return [0.5, 0.95].flatMap((fraction) => {
    const name = `convos-${conversations}-p${fraction * 100}`;
    const streamMs = of((sample) => sample.streamMs, fraction);
    const dispatchMs = of((sample) => sample.dispatchMs, fraction);
    const record = createRecord({
      name: `${name}-to-dispatch`,
      unit: "ms",
      value: dispatchMs,
      raw: streamMs,
    });
    return [
      { record, ...(fraction === 0.95 ? { valueLimit: LIMIT_MS } : {}) },
      createFigure(
        `${name}-to-model`,
        "ms",
        of((sample) => sample.modelMs, fraction),
      ),
      createFigure(
        `${name}-to-answer`,
        "ms",
        of((sample) => sample.answerMs, fraction),
      ),
    ];
  });
}

async function timeQuestion(world: World, room: string, name: string): Promise<Sample> {
  const { asked, gateway, listener, talker } = world;
  const question = `question ${name}`;
  const startedAtMs = performance.now();
  const messageId = await talker.send(room, question);
  const dispatched = new RegExp(`dispatched ${messageId} at (\\d+)`);
  const [streamedAtMs, line, modelAtMs, answeredAtMs] = await Promise.all([
    listener.receipts.whenFirst(question, WAIT_MS),
    gateway.log.waitFor(dispatched, { timeoutMs: WAIT_MS }),
    asked.whenFirst(question, WAIT_MS),
    listener.receipts.whenFirst(answerTo(question), WAIT_MS),
  ]);
  const dispatchedAtNs = Number(dispatched.exec(line.text)?.[1]);
  return {
    streamMs: streamedAtMs - startedAtMs,
    dispatchMs: toOwnClock(dispatchedAtNs) - startedAtMs,
    modelMs: modelAtMs - startedAtMs,
    answerMs: answeredAtMs - startedAtMs,
  };
}

/** The machine's monotonic clock as milliseconds of this process. */
function toOwnClock(monotonicNs: number): number {
  const nowNs = Number(process.hrtime.bigint());
  return performance.now() - (nowNs - monotonicNs) / 1e6;
}

function findQuestion(text: string): string {
  return QUESTION.exec(text)?.[0] ?? text;
}

function answerTo(question: string): string {
  return `answer to ${question}`;
}
