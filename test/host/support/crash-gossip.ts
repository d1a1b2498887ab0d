// Gossip under a crash run: a relay, and people with the protocol's own client.
import { EventEmitter, once } from "node:events";
import path from "node:path";
import { withDeadline, type Gateway } from "channel-testing";
import { startRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import * as z from "zod";
import { listAccounts, type CrashChannel, type Player, type Seat } from "./crash-channel.ts";
import { createCrashPeer, type CrashPeer } from "./crash-gossip-peer.ts";

const DEFAULT_ACCOUNT = "default";
/** Where keys are published; docs/protocol/gossip.md section 9. */
const KEYS_ROUTE = "/api/auth";
const CONTACT_TIMEOUT_MS = 90_000;
const CATCH_UP_TIMEOUT_MS = 30_000;

const PostSchema = z.object({ key: z.string() });

export const gossipCrash: CrashChannel = {
  id: "gossip",
  plugin: {
    entry: new URL("./crash-plugin/gossip.ts", import.meta.url),
    entries: { "scan-worker": "packages/gossip-sdk/src/bulletin/scan-worker.ts" },
  },
  openNetwork: async (seats, folder, stack) => {
    const published = new EventEmitter();
    const relay = stack.use(
      await startRelay({
        logRequest: ({ method, route }) => {
          if (method === "POST" && route === KEYS_ROUTE) published.emit("keys");
        },
      }),
    );
    const accounts = listAccounts(seats);
    const peers = new Map<Player, CrashPeer>();
    return {
      section: {
        enabled: true,
        protocolUrl: relay.url,
        dmPolicy: "open",
        // Far beyond what a long run asks for: this is not about the budget.
        turnBudget: { perPerson: 10_000, perAccount: 100_000 },
        allowFrom: ["*"],
        accounts: Object.fromEntries(accounts.map((account) => [account, {}])),
      },
      meetPlayers: async (starting) => {
        // Deriving identities takes seconds, and so does the gateway's start.
        const people = await Promise.all(
          seats.map(async ({ name }) =>
            stack.use(await createCrashPeer(relay.url, path.join(folder, "people", name))),
          ),
        );
        const bots = await findBots(await starting, accounts, relay.url, published);
        return await Promise.all(
          people.map(async (peer, index) => {
            const player = await meetBot(seats[index], peer, bots);
            peers.set(player, peer);
            return player;
          }),
        );
      },
      hangAnswer: (player, applied) => {
        const fault = relay.faults.inject({
          kind: "hang",
          applied,
          routes: ["messages_post"],
          match: (body) => peers.get(player)?.awaits(PostSchema.parse(body).key) === true,
        });
        return { reached: fault.reached(1), remove: () => fault.remove() };
      },
    };
  },
};

/** The bot's ids by account, once people can write to them. */
async function findBots(
  gateway: Gateway,
  accounts: readonly string[],
  relayUrl: string,
  published: EventEmitter,
): Promise<ReadonlyMap<string, string>> {
  const bots = new Map<string, string>();
  for (const account of [DEFAULT_ACCOUNT, ...accounts]) {
    const line = new RegExp(`\\[${account}\\] user id (gossip1\\w+)`);
    const { text } = await gateway.log.waitFor(line, { timeoutMs: CONTACT_TIMEOUT_MS });
    const botId = line.exec(text)?.[1] ?? "";
    await untilPublished(relayUrl, botId, published);
    bots.set(account, botId);
  }
  return bots;
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
  seat: Seat | undefined,
  peer: CrashPeer,
  bots: ReadonlyMap<string, string>,
): Promise<Player> {
  const botId = bots.get(seat?.account ?? DEFAULT_ACCOUNT);
  if (seat === undefined || botId === undefined) throw new Error("crash run: nobody to meet");
  await withDeadline(peer.connect(botId), CONTACT_TIMEOUT_MS, `contact of "${seat.name}"`);
  return {
    seat,
    // One person is one conversation.
    conversation: peer.userId,
    heard: peer.heard,
    say: (text) => peer.say(botId, text),
    whenHeard: (text, signal) => peer.whenHeard(text, signal),
    catchUp: () => peer.catchUp(botId, AbortSignal.timeout(CATCH_UP_TIMEOUT_MS)),
  };
}
