import { EventEmitter, once } from "node:events";
import path from "node:path";
import {
  prepareHost,
  startGateway,
  startScriptedModel,
  withDeadline,
  type Gateway,
  type Host,
  type ModelRequest,
  type ScriptedModel,
} from "channel-testing";
import { startRelay, type RunningRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import { bundleCrashPlugin } from "./crash-bundle.ts";
import { answerOf, findQuestion } from "./crash-cases.ts";
import { startCrashControl, type CrashControl } from "./crash-control.ts";
import { createCrashPeer, type CrashPeer } from "./crash-peer.ts";
import { CONTROL_VARIABLE } from "./crash-plugin/checkpoints.ts";

export const CHANNEL = "gossip";
const DEFAULT_ACCOUNT = "default";
/** Where keys are published; docs/protocol/gossip.md section 9. */
const KEYS_ROUTE = "/api/auth";
const CONTACT_TIMEOUT_MS = 90_000;

/** A place at the table: a person with a name of their own, and the account of the bot they write to. */
export interface Seat {
  readonly name: string;
  readonly account?: string | undefined;
}

/** The person on a seat, in contact with the bot. */
export interface Player {
  readonly seat: Seat;
  readonly peer: CrashPeer;
  readonly botId: string;
}

/** Everything around the gateway that is killed; it stays when the gateway goes. */
export interface CrashStage {
  readonly relay: RunningRelay;
  readonly control: CrashControl;
  readonly model: ScriptedModel;
  readonly host: Host;
  readonly players: readonly Player[];
  /** The gateway that runs now. */
  readonly gateway: Gateway;
  /** Starts the next one, after the last was killed. */
  boot(): Promise<void>;
}

/**
 * Starts relay, model, gateway and one person for each seat, and brings them into contact.
 *
 * @param folder - Empty; the host, the plugin and everybody's state go there.
 * @param stack - Ends all of it.
 */
export async function openCrashStage(
  folder: string,
  seats: readonly Seat[],
  stack: AsyncDisposableStack,
): Promise<CrashStage> {
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
  const accounts = [...new Set(seats.flatMap(({ account = [] }) => account))];
  const host = await prepareCrashHost(folder, { relay, control, model, accounts });
  const start = async (): Promise<Gateway> => {
    const started = await startGateway(host);
    stack.defer(async () => {
      await started.kill();
    });
    return started;
  };
  const [first, peers] = await Promise.all([
    start(),
    // Deriving identities takes seconds, and so does the gateway's start.
    Promise.all(
      seats.map(async ({ name }) =>
        stack.use(await createCrashPeer(relay.url, path.join(folder, "people", name))),
      ),
    ),
  ]);
  const bots = new Map<string, string>();
  for (const account of [DEFAULT_ACCOUNT, ...accounts]) {
    const botId = await findBot(first, account);
    await untilPublished(relay.url, botId, published);
    bots.set(account, botId);
  }
  const players = await Promise.all(seats.map((seat, index) => meetBot(seat, peers[index], bots)));
  let gateway = first;
  return {
    relay,
    control,
    model,
    host,
    players,
    get gateway() {
      return gateway;
    },
    boot: async () => {
      gateway = await start();
    },
  };
}

/** What a request to the model is about: the person's last question, also when the host has put words of its own after it. */
export function subjectOf(request: ModelRequest): ReturnType<typeof findQuestion> {
  const said = request.messages.filter(({ role }) => role === "user").map(({ text }) => text);
  return findQuestion(said.join("\n"));
}

/** How often the model was asked one person's question, in all lives of the gateway. */
export function countCalls(model: ScriptedModel, name: string, count: number): number {
  return model.requests.filter((request) => {
    const subject = subjectOf(request);
    return subject?.name === name && subject.count === count;
  }).length;
}

function reply(request: ModelRequest): string {
  const subject = subjectOf(request);
  return subject === undefined ? "No question." : answerOf(subject.name, subject.count);
}

async function prepareCrashHost(
  folder: string,
  around: Pick<CrashStage, "relay" | "control" | "model"> & { accounts: readonly string[] },
): Promise<Host> {
  const plugin = path.join(folder, "plugin");
  await bundleCrashPlugin(plugin);
  return await prepareHost({
    root: path.join(folder, "host"),
    model: around.model,
    channels: {
      [CHANNEL]: {
        enabled: true,
        protocolUrl: around.relay.url,
        dmPolicy: "open",
        // Far beyond what a long run asks for: this is not about the budget.
        turnBudget: { perPerson: 10_000, perAccount: 100_000 },
        allowFrom: ["*"],
        accounts: Object.fromEntries(around.accounts.map((account) => [account, {}])),
      },
    },
    plugins: { allow: [CHANNEL], loadPaths: [plugin] },
    // All turns stand still side by side.
    config: { agents: { defaults: { maxConcurrent: 64 } } },
    env: { [CONTROL_VARIABLE]: around.control.url },
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
  seat: Seat,
  peer: CrashPeer | undefined,
  bots: ReadonlyMap<string, string>,
): Promise<Player> {
  const botId = bots.get(seat.account ?? DEFAULT_ACCOUNT);
  if (peer === undefined || botId === undefined) throw new Error("crash run: nobody to meet");
  await withDeadline(peer.connect(botId), CONTACT_TIMEOUT_MS, `contact of "${seat.name}"`);
  return { seat, peer, botId };
}
