import { EventEmitter, once } from "node:events";
import path from "node:path";
import {
  clearBootHistory,
  prepareHost,
  startGateway,
  startScriptedModel,
  withDeadline,
  type Gateway,
  type Host,
  type ModelRequest,
  type ScriptedModel,
} from "channel-testing";
import { startRelay, type ActiveFault, type RunningRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import * as z from "zod";
import { bundleCrashPlugin } from "./crash-bundle.ts";
import { answerOf, CRASH_CASES, findQuestion, questionOf, type CrashCase } from "./crash-cases.ts";
import { startCrashControl, type CrashControl } from "./crash-control.ts";
import { findDeliveryId, readDeliveries, untilDeliveriesEnd } from "./crash-deliveries.ts";
import { createCrashPeer, type CrashPeer } from "./crash-peer.ts";
import { CONTROL_VARIABLE } from "./crash-plugin/checkpoints.ts";
import { toCrashRow, type CrashRow } from "./crash-report.ts";

const CHANNEL = "gossip";
const DEFAULT_ACCOUNT = "default";
/** Where keys are published; docs/protocol/gossip.md section 9. */
const KEYS_ROUTE = "/api/auth";

const CONTACT_TIMEOUT_MS = 90_000;
const PARK_TIMEOUT_MS = 120_000;
/** The host leaves a send of a dead gateway alone for 60 s after its last sign of life. */
const RECOVERY_TIMEOUT_MS = 150_000;
const ANSWER_TIMEOUT_MS = 60_000;

const OWN_ACCOUNTS = CRASH_CASES.flatMap(({ account }) => (account === undefined ? [] : [account]));

const PostSchema = z.object({ key: z.string() });

/** One person, and the account of the bot they write to. */
interface Player {
  readonly crashCase: CrashCase;
  readonly peer: CrashPeer;
  readonly botId: string;
}

interface Stage {
  readonly relay: RunningRelay;
  readonly control: CrashControl;
  readonly model: ScriptedModel;
}

/**
 * Stops every person's turn at its own point, kills the gateway once, starts it again, and lets everybody ask once more.
 *
 * @param folder - Empty; the host, the plugin and everybody's state go there.
 * @param tell - Told of each stage.
 */
export async function runGatewayCrash(
  folder: string,
  tell: (line: string) => void,
): Promise<CrashRow[]> {
  await using stack = new AsyncDisposableStack();
  const published = new EventEmitter();
  const relay = stack.use(
    await startRelay({
      logRequest: ({ method, route }) => {
        if (method === "POST" && route === KEYS_ROUTE) published.emit("keys");
      },
    }),
  );
  const control = stack.use(await startCrashControl());
  const model = stack.use(await startScriptedModel({ reply }));
  const stage = { relay, control, model };
  const host = await prepareCrashHost(folder, stage);
  const boot = async (): Promise<Gateway> => {
    const gateway = await startGateway(host);
    stack.defer(async () => {
      await gateway.kill();
    });
    return gateway;
  };
  const [dying, peers] = await Promise.all([
    boot(),
    // Deriving identities takes seconds, and so does the gateway's start.
    Promise.all(
      CRASH_CASES.map(async ({ name }) =>
        stack.use(await createCrashPeer(relay.url, path.join(folder, "people", name))),
      ),
    ),
  ]);
  tell("gateway ready");

  const bots = new Map<string, string>();
  for (const account of [DEFAULT_ACCOUNT, ...OWN_ACCOUNTS]) {
    const botId = await findBot(dying, account);
    await untilPublished(relay.url, botId, published);
    bots.set(account, botId);
  }
  const players = await Promise.all(
    CRASH_CASES.map((crashCase, index) => meetBot(crashCase, peers[index], bots)),
  );
  tell(`${players.length} people in contact`);

  const unpark = await parkTurns(players, stage, tell);
  const owed = readDeliveries(host.paths.database, CHANNEL);
  await dying.kill();
  tell("killed");
  unpark();
  const writeAgain = players.filter(({ crashCase }) => crashCase.writesAgain);
  await Promise.all(writeAgain.map((player) => ask(player, 2)));
  clearBootHistory(host.paths);

  const restartedAtMs = Date.now();
  await boot();
  tell(`gateway ready again after ${((Date.now() - restartedAtMs) / 1000).toFixed(1)} s`);
  await untilAnswered(
    players.filter(({ crashCase }) => !crashCase.mayLose),
    1,
    RECOVERY_TIMEOUT_MS,
  );
  tell("every first question answered");
  const writeLater = players.filter(({ crashCase }) => !crashCase.writesAgain);
  await Promise.all(writeLater.map((player) => ask(player, 2)));
  await untilAnswered(players, 2, ANSWER_TIMEOUT_MS);
  tell("every second question answered");

  // What the host still wants to send would come after the count.
  const failed = await untilDeliveriesEnd(
    host.paths.database,
    CHANNEL,
    AbortSignal.timeout(RECOVERY_TIMEOUT_MS),
  );
  return players.map(({ crashCase, peer }) =>
    toCrashRow(crashCase, {
      heard: peer.heard,
      restartedAtMs,
      modelCalls: [countCalls(model, crashCase.name, 1), countCalls(model, crashCase.name, 2)],
      owedId: findDeliveryId(owed, peer.userId),
      failedId: findDeliveryId(failed, peer.userId),
    }),
  );
}

/** What a request to the model is about: the person's last question, also when the host has put words of its own after it. */
function subjectOf(request: ModelRequest): ReturnType<typeof findQuestion> {
  const said = request.messages.filter(({ role }) => role === "user").map(({ text }) => text);
  return findQuestion(said.join("\n"));
}

function reply(request: ModelRequest): string {
  const subject = subjectOf(request);
  return subject === undefined ? "No question." : answerOf(subject.name, subject.count);
}

function countCalls(model: ScriptedModel, name: string, count: number): number {
  return model.requests.filter((request) => {
    const subject = subjectOf(request);
    return subject?.name === name && subject.count === count;
  }).length;
}

async function prepareCrashHost(folder: string, { relay, control, model }: Stage): Promise<Host> {
  const plugin = path.join(folder, "plugin");
  await bundleCrashPlugin(plugin);
  return await prepareHost({
    root: path.join(folder, "host"),
    model,
    channels: {
      [CHANNEL]: {
        enabled: true,
        protocolUrl: relay.url,
        dmPolicy: "open",
        // Far beyond what a long run asks for: this is not about the budget.
        turnBudget: { perPerson: 10_000, perAccount: 100_000 },
        allowFrom: ["*"],
        accounts: Object.fromEntries(OWN_ACCOUNTS.map((account) => [account, {}])),
      },
    },
    plugins: { allow: [CHANNEL], loadPaths: [plugin] },
    // All turns stand still side by side.
    config: { agents: { defaults: { maxConcurrent: 64 } } },
    env: { [CONTROL_VARIABLE]: control.url },
  });
}

async function findBot(gateway: Gateway, account: string): Promise<string> {
  const line = new RegExp(`\\[${account}\\] user id (gossip1\\w+)`);
  const { text } = await gateway.log.waitFor(line, { timeoutMs: CONTACT_TIMEOUT_MS });
  return line.exec(text)?.[1] ?? "";
}

/** Nobody can write to an id before its keys are on the relay. */
async function untilPublished(
  relayUrl: string,
  botId: string,
  published: EventEmitter,
): Promise<void> {
  const client = createHttpRelayClient({ url: relayUrl });
  const signal = AbortSignal.timeout(CONTACT_TIMEOUT_MS);
  for (;;) {
    // Listens before it asks: a key that comes in between is not missed.
    const next = once(published, "keys", { signal });
    // When the keys are there nobody waits for it any more.
    next.catch(() => undefined);
    if ((await client.fetchKeys(parseUserId(botId), { signal })) !== undefined) return;
    await next;
  }
}

async function meetBot(
  crashCase: CrashCase,
  peer: CrashPeer | undefined,
  bots: ReadonlyMap<string, string>,
): Promise<Player> {
  const botId = bots.get(crashCase.account ?? DEFAULT_ACCOUNT);
  if (peer === undefined || botId === undefined) throw new Error("crash run: nobody to meet");
  await withDeadline(peer.connect(botId), CONTACT_TIMEOUT_MS, `contact of "${crashCase.name}"`);
  return { crashCase, peer, botId };
}

function ask({ crashCase, peer, botId }: Player, count: number): Promise<void> {
  return peer.say(botId, questionOf(crashCase.name, count));
}

/** @returns How to let everything go that stands still. */
async function parkTurns(
  players: readonly Player[],
  { relay, control, model }: Stage,
  tell: (line: string) => void,
): Promise<() => void> {
  const faults: ActiveFault[] = [];
  const park = ({ crashCase, peer }: Player): Promise<unknown> => {
    const { name, stop } = crashCase;
    if (stop.kind === "checkpoint") return control.park(stop.at, peer.userId);
    if (stop.kind === "model")
      return model.park((asked) => subjectOf(asked)?.name === name).arrived;
    const fault = relay.faults.inject({
      kind: "hang",
      applied: stop.applied,
      routes: ["messages_post"],
      match: (body) => peer.awaits(PostSchema.parse(body).key),
    });
    faults.push(fault);
    return fault.reached(1);
  };
  const parkAndAsk = async (group: readonly Player[]): Promise<void> => {
    await Promise.all(
      group.map(async (player) => {
        const { point } = player.crashCase;
        const standing = Promise.all([park(player), ask(player, 1)]);
        await withDeadline(standing, PARK_TIMEOUT_MS, `the turn of "${point}"`);
        tell(`stands: ${point}`);
      }),
    );
  };
  const isAtRelay = ({ crashCase }: Player): boolean => crashCase.stop.kind === "relay";
  await parkAndAsk(players.filter((player) => !isAtRelay(player)));
  // Last, because a request that gets no answer ends by itself after ten seconds.
  await parkAndAsk(players.filter(isAtRelay));
  return () => {
    for (const fault of faults) fault.remove();
    control.release();
  };
}

async function untilAnswered(
  players: readonly Player[],
  count: number,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const waits = players.map(({ crashCase, peer }) =>
    peer.whenHeard(answerOf(crashCase.name, count), signal),
  );
  // Who got none shows in the table.
  await Promise.allSettled(waits);
}
