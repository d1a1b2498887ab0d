import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { startRelay } from "../../packages/gossip-relay/src/index.ts";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  GossipClient,
  identityFromMnemonic,
} from "../../packages/gossip-sdk/src/index.ts";
import { SeededRandom } from "../../scripts/fuzz/random.ts";
import { EchoPeer } from "./echo-peer.ts";
import type { EchoResult } from "./echo-peer.ts";
import { planKill } from "./kill-points.ts";
import { Killer } from "./killer.ts";
import { CRASH_POLLING } from "./wire.ts";

/** Latest time of a kill at any time; long enough for a start and some messages. */
const TIME_WINDOW_MS = 3000;
/** After the last kill everything must come back within this time. */
const SETTLE_MS = 120_000;
/** A second copy of an echo gets this long to show after the first copies are all there. */
const DOUBLES_MS = 2000;
const LOG_EVERY = 10;

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
}

/** What a run of kills led to. */
export interface CrashReport extends EchoResult {
  readonly kills: number;
  readonly byPoint: Killer["byPoint"];
  readonly accidents: readonly string[];
  /** Of the last child: copies of its state that it believed to see, and what its stores still held. */
  readonly forksNoticed: number | undefined;
  readonly unhandled: number | undefined;
  readonly queueDepth: number | undefined;
  readonly elapsedMs: number;
}

/**
 * Kills the echo process again and again while a peer talks to it through a relay, then counts what came back.
 * Everything is real but the peer's people: sockets, files, SQLite, SIGKILL.
 */
export async function runCrashes({ kills, seed, log }: CrashOptions): Promise<CrashReport> {
  const startedAtMs = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), "gossip-crash-"));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const relay = cleanup.use(await startRelay());
  const crypto = defaultCrypto();
  const mnemonic = generateMnemonic();
  const bot = await identityFromMnemonic(mnemonic, crypto);
  const posts = new PostWatch();
  const client = cleanup.use(
    await GossipClient.open({
      identity: await identityFromMnemonic(generateMnemonic(), crypto),
      relay: createHttpRelayClient({ url: relay.url, fetch: posts.fetch }),
      databasePath: path.join(folder, "peer", "gossip.db"),
      crypto,
      polling: CRASH_POLLING,
    }),
  );
  const killer = new Killer({
    relay,
    mnemonic,
    stateDir: path.join(folder, "bot"),
    cacheDir: path.join(folder, "cache"),
    isPeerAddress: (address) => posts.addresses.has(address),
  });
  cleanup.defer(() => killer.dispose());

  const feeding = new AbortController();
  const ending = new AbortController();
  const peer = new EchoPeer(client, bot.userId);
  // A new account starts at the newest announcement: ours must not be posted before the child has looked once.
  const looks = relay.faults.inject({ kind: "delay", delayMs: 0, routes: ["bulletin_counter"] });
  await killer.startUnharmed();
  await looks.reached(2);
  looks.remove();
  await createHttpRelayClient({ url: relay.url }).publishKeys(bot.publicKeys.bytes);
  const running = client.run({ signal: ending.signal });
  await client.requestContact(bot.userId, { message: "echo, please" });
  const talking = peer.run(feeding.signal, ending.signal);
  await peer.echoed(1);
  await killer.killNow();

  const random = new SeededRandom(seed, "crash");
  // The first one died above.
  for (let index = 1; index < kills; index++) {
    await killer.runUntilKilled(planKill(index, random, TIME_WINDOW_MS));
    if (index % LOG_EVERY === 0) log?.(`${index} kills, ${peer.sent} messages`);
  }

  feeding.abort();
  await killer.startUnharmed();
  await Promise.race([peer.echoed(peer.sent), sleep(SETTLE_MS, undefined, { ref: false })]);
  await sleep(DOUBLES_MS);
  const stopped = await killer.stop();
  ending.abort();
  await Promise.all([running, talking]);
  return {
    ...peer.result(),
    kills,
    byPoint: killer.byPoint,
    accidents: killer.accidents,
    forksNoticed: stopped?.forksNoticed,
    unhandled: stopped?.unhandled,
    queueDepth: stopped?.queueDepth,
    elapsedMs: performance.now() - startedAtMs,
  };
}

const PostedSchema = z.string().transform((body) => {
  return z.object({ key: z.string() }).safeParse(JSON.parse(body)).data?.key;
});

/** Notes the addresses (Base64) to which values go out, to tell this side's requests at the relay from the child's. */
class PostWatch {
  readonly addresses = new Set<string>();

  readonly fetch: typeof fetch = (input, init) => {
    const key = PostedSchema.safeParse(init?.body).data;
    if (key !== undefined) this.addresses.add(key);
    return fetch(input, init);
  };
}
