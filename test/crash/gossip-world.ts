import path from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import {
  type RelayRoute,
  type RunningRelay,
  startRelay,
} from "../../packages/gossip-relay/src/index.ts";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  identityFromMnemonic,
} from "../../packages/gossip-sdk/src/index.ts";
import type { CrashWorld } from "./crash-run.ts";
import { ECHO_POINTS } from "./kill-points.ts";
import { CRASH_POLLING } from "./gossip-polling.ts";

const PostSchema = z.object({ key: z.string() });
const FetchSchema = z.object({ seekers: z.array(z.string()) });
const PostedSchema = z.string().transform((body) => {
  return z.object({ key: z.string() }).safeParse(JSON.parse(body)).data?.key;
});

/** A relay, and a peer who writes over it. */
export async function createGossipWorld(folder: string): Promise<CrashWorld> {
  await using building = new AsyncDisposableStack();
  const relay = building.use(await startRelay());
  const crypto = defaultCrypto();
  const mnemonic = generateMnemonic();
  const bot = await identityFromMnemonic(mnemonic, crypto);
  const posts = new PostWatch();
  const client = building.use(
    await GossipClient.open({
      identity: await identityFromMnemonic(generateMnemonic(), crypto),
      relay: createHttpRelayClient({ url: relay.url, fetch: posts.fetch }),
      databasePath: path.join(folder, "peer", "gossip.db"),
      crypto,
      polling: CRASH_POLLING,
    }),
  );
  const network = new KillingRelay(relay, (address) => posts.addresses.has(address));
  // The peer's own looks must not count as the child's: it begins after them.
  const childLooked = Promise.withResolvers<void>();
  const owned = building.move();
  return {
    childFile: fileURLToPath(new URL("./gossip-child.ts", import.meta.url)),
    mnemonic,
    networkUrl: relay.url,
    points: {
      child: ECHO_POINTS,
      network: ["post_unapplied", "post_applied", "fetch_answered"],
    },
    arm: (point, occurrence, kill) => network.arm(point, occurrence, kill),
    async meet(startChild) {
      // A new account starts at the newest announcement: ours must not be posted before the child has looked once.
      const looks = relay.faults.inject({
        kind: "delay",
        delayMs: 0,
        routes: ["bulletin_counter"],
      });
      await startChild();
      await looks.reached(2);
      looks.remove();
      await createHttpRelayClient({ url: relay.url }).publishKeys(bot.publicKeys.bytes);
      childLooked.resolve();
      await client.requestContact(bot.userId, { message: "echo, please" });
    },
    async run(signal) {
      await childLooked.promise;
      await client.run({ signal });
    },
    line: {
      send: async (text) => void (await client.send(bot.userId, { type: "text", text })),
      async *texts(signal) {
        for await (const event of client.events({ signal })) {
          if (event.type === "message") yield event.text;
          client.markHandled(event.id);
        }
      },
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Has the child killed at a moment of one of its requests. */
class KillingRelay {
  readonly #relay: RunningRelay;
  /** Whether the other side has posted to this address (Base64): the child polls it, and never posts there. */
  readonly #isPeerAddress: (address: string) => boolean;

  constructor(relay: RunningRelay, isPeerAddress: (address: string) => boolean) {
    this.#relay = relay;
    this.#isPeerAddress = isPeerAddress;
  }

  arm(point: string, occurrence: number, kill: () => void): () => void {
    const { faults } = this.#relay;
    if (point === "fetch_answered") {
      let answers = 0;
      const fault = faults.inject({
        kind: "rewrite",
        routes: ["messages_fetch"],
        match: (body) => this.#isOfChild("messages_fetch", body),
        rewrite: (answer) => {
          if (Array.isArray(answer) && answer.length > 0) answers += 1;
          // The answer leaves first, and races with the kill.
          if (answers === occurrence) setImmediate(kill);
          return answer;
        },
      });
      return () => fault.remove();
    }
    const fault = faults.inject({
      kind: "hang",
      applied: point === "post_applied",
      routes: ["messages_post"],
      match: (body) => this.#isOfChild("messages_post", body),
      skip: occurrence - 1,
      times: 1,
    });
    void fault.reached(1).then(kill);
    return () => fault.remove();
  }

  #isOfChild(route: RelayRoute, body: unknown): boolean {
    if (route === "messages_post") {
      const post = PostSchema.safeParse(body);
      return post.success && !this.#isPeerAddress(post.data.key);
    }
    const fetched = FetchSchema.safeParse(body);
    return fetched.success && fetched.data.seekers.some((key) => this.#isPeerAddress(key));
  }
}

/** Notes the addresses (Base64) to which values go out, to tell this side's requests at the relay from the child's. */
class PostWatch {
  readonly addresses = new Set<string>();

  readonly fetch: typeof fetch = (input, init) => {
    const key = PostedSchema.safeParse(init?.body).data;
    if (key !== undefined) this.addresses.add(key);
    return fetch(input, init);
  };
}
