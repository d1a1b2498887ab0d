import { EventEmitter, once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Gateway } from "channel-testing";
import { startRelay } from "gossip-relay";
import type { RelayFaults, RunningRelay } from "gossip-relay";
import { createHttpRelayClient, parseUserId } from "gossip-sdk";
import type { Clock, GossipUserId, RelayClient } from "gossip-sdk";
import { openGossipPerson } from "./gossip-person.ts";
import type { GossipPerson, GossipPersonOptions } from "./gossip-person.ts";

/** Where keys are published; docs/protocol/gossip.md section 9. */
const KEYS_ROUTE = "/api/auth";

/** A relay in this process, the bots behind a gateway, and people. Disposed, it ends the people first. */
export interface GossipNetwork extends AsyncDisposable {
  readonly relayUrl: string;
  /** The fault switches of the relay. All people here go by its clock. */
  readonly faults: RelayFaults;
  /** Another relay with the same board, and fault switches of its own. */
  openRelay(): Promise<RunningRelay>;
  /** The id of one account of a running gateway; resolves when people can write to it. */
  findBot(gateway: Gateway, accountId: string, timeoutMs: number): Promise<GossipUserId>;
  /** Somebody with a client of his own, running. `name` must be new. */
  openPerson(name: string): Promise<GossipPerson>;
}

/** @param folder - Where the relay and the people keep their databases. */
export async function openGossipNetwork(folder: string): Promise<GossipNetwork> {
  const published = new EventEmitter();
  // One for each bot that was looked for; Node.js would take many for a leak.
  published.setMaxListeners(0);
  const startOne = (): Promise<RunningRelay> =>
    startRelay({
      databasePath: path.join(folder, "gossip-relay.db"),
      logRequest: ({ method, route }) => {
        if (method === "POST" && route === KEYS_ROUTE) published.emit("keys");
      },
    });
  const relay = await startOne();
  const others: Promise<RunningRelay>[] = [];
  const client = createHttpRelayClient({ url: relay.url });
  const clock: Clock = { now: () => Date.now() + relay.faults.clockOffsetMs };
  const people: Promise<GossipPerson>[] = [];
  return {
    relayUrl: relay.url,
    faults: relay.faults,
    openRelay() {
      const other = startOne();
      others.push(other);
      return other;
    },
    async findBot(gateway, accountId, timeoutMs) {
      // The plugin says this once it has an identity, and again after every restart.
      const pattern = new RegExp(String.raw`\[${accountId}\] user id (gossip1\w+)`);
      const { text } = await gateway.log.waitFor(pattern, { timeoutMs });
      const id = parseUserId(pattern.exec(text)?.[1] ?? "");
      await untilPublished(client, id, published, AbortSignal.timeout(timeoutMs));
      return id;
    },
    openPerson(name) {
      const home = path.join(folder, `person-${name}`);
      const person = openPerson({ relayUrl: relay.url, folder: home, displayName: name, clock });
      people.push(person);
      return person;
    },
    async [Symbol.asyncDispose]() {
      // One that could not be opened was told to whoever asked for it.
      for (const opened of await Promise.allSettled(people))
        if (opened.status === "fulfilled") await opened.value[Symbol.asyncDispose]();
      for (const opened of await Promise.allSettled(others))
        if (opened.status === "fulfilled") await opened.value.close();
      await relay.close();
    },
  };
}

async function openPerson(options: GossipPersonOptions): Promise<GossipPerson> {
  await mkdir(options.folder, { mode: 0o700 });
  return openGossipPerson(options);
}

/** Nobody can write to an id before its keys are on the relay. */
async function untilPublished(
  client: RelayClient,
  id: GossipUserId,
  published: EventEmitter,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    // Listens before it asks: a key that comes in between is not missed.
    const next = once(published, "keys", { signal });
    // When the keys are there nobody waits for it any more.
    next.catch(() => undefined);
    const keys = await client.fetchKeys(id, { signal });
    if (keys !== undefined) return;
    await next;
  }
}
