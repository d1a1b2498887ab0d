import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pollUntil, prepareHost, startGateway, startScriptedModel } from "channel-testing";
import { startRelay, type RunningRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import * as z from "zod";
import { createCrashPeer, type CrashPeer } from "../../test/host/support/crash-gossip-peer.ts";
import { quantile } from "../measure.ts";
import { createFigure, type BenchResult } from "../records.ts";

const LIVE_QUESTIONS = 40;
/** One account each, because one live conversation makes its whole account look often. */
const IDLE_ACCOUNTS = 12;
/** A conversation is live for two minutes; then the pauses grow to their longest. */
const UNTIL_IDLE_MS = 180_000;
const ANSWER_TIMEOUT_MS = 60_000;
const PLUGIN = fileURLToPath(new URL("../../extensions/gossip", import.meta.url));

const PostSchema = z.object({ key: z.string() });

/** From a message at the relay to its answer at the relay, through the real gateway with a model that answers at once. */
export async function benchLatency(progress: (line: string) => void): Promise<BenchResult[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtemp(path.join(tmpdir(), "gossip-latency-")), (made) =>
    rm(made, { recursive: true, force: true }),
  );
  const relay = stack.adopt(await startRelay(), (running) => running.close());
  const model = stack.use(await startScriptedModel({ reply: () => "Yes." }));
  const idleAccounts = Array.from({ length: IDLE_ACCOUNTS }, (_, i) => `idle-${i}`);
  const host = await prepareHost({
    root: path.join(folder, "host"),
    model,
    channels: {
      gossip: {
        enabled: true,
        protocolUrl: relay.url,
        dmPolicy: "open",
        // Far beyond what a long run asks for: this is not about the budget.
        turnBudget: { perPerson: 10_000, perAccount: 100_000 },
        allowFrom: ["*"],
        accounts: Object.fromEntries(idleAccounts.map((account) => [account, {}])),
      },
    },
    plugins: { allow: ["gossip"], loadPaths: [PLUGIN] },
    ownerAllowFrom: ["gossip:nobody"],
  });
  progress("starting the gateway");
  const gateway = stack.use(await startGateway(host, { readyTimeoutMs: ANSWER_TIMEOUT_MS * 2 }));
  const keys = createHttpRelayClient({ url: relay.url });
  const meet = async (account: string): Promise<{ peer: CrashPeer; botId: string }> => {
    const line = new RegExp(String.raw`\[${account}\] user id (gossip1\w+)`);
    const { text } = await gateway.log.waitFor(line, { timeoutMs: ANSWER_TIMEOUT_MS });
    const botId = line.exec(text)?.[1] ?? "";
    // Nobody can write to an id before its keys are there.
    await pollUntil(
      () => keys.fetchKeys(parseUserId(botId)),
      (found) => found !== undefined,
      ANSWER_TIMEOUT_MS,
      "the keys of an account",
    );
    const peer = stack.use(await createCrashPeer(relay.url, path.join(folder, `peer-${account}`)));
    await peer.connect(botId);
    return { peer, botId };
  };
  const idle = [];
  for (const account of idleAccounts) {
    const met = await meet(account);
    // The first turn of a session costs more than the ones after it.
    await timeAnswer(relay, met.peer, met.botId);
    idle.push(met);
  }
  const live = await meet("default");
  await timeAnswer(relay, live.peer, live.botId);
  progress(`${LIVE_QUESTIONS} questions in a live conversation`);
  const liveMs: number[] = [];
  for (let i = 0; i < LIVE_QUESTIONS; i += 1) {
    liveMs.push(await timeAnswer(relay, live.peer, live.botId));
  }
  progress(`${UNTIL_IDLE_MS / 1000} s of silence, then one question to each idle account`);
  await sleep(UNTIL_IDLE_MS);
  const idleMs: number[] = [];
  for (const { peer, botId } of idle) {
    idleMs.push(await timeAnswer(relay, peer, botId));
  }
  return [
    createFigure("relay-to-relay-live", "ms", quantile(liveMs, 0.5)),
    createFigure("relay-to-relay-live-p95", "ms", quantile(liveMs, 0.95)),
    createFigure("relay-to-relay-idle", "ms", quantile(idleMs, 0.5)),
    createFigure("relay-to-relay-idle-p95", "ms", quantile(idleMs, 0.95)),
  ];
}

/** Milliseconds between the two posts as the relay sees them: the person's, and the next one that is for the person. */
async function timeAnswer(relay: RunningRelay, peer: CrashPeer, botId: string): Promise<number> {
  const answered = Promise.withResolvers<number>();
  const isForPeer = (body: unknown): boolean => {
    const isAnswer = peer.awaits(PostSchema.parse(body).key);
    if (isAnswer) answered.resolve(performance.now());
    return false;
  };
  const { promise, resolve } = Promise.withResolvers<number>();
  const watch = relay.faults.inject({
    kind: "delay",
    delayMs: 0,
    routes: ["messages_post"],
    match: (body) => {
      if (!isForPeer(body)) resolve(performance.now());
      return false;
    },
  });
  await peer.say(botId, "Is it?");
  const [askedMs, answeredMs] = await Promise.all([promise, answered.promise]);
  watch.remove();
  return answeredMs - askedMs;
}
