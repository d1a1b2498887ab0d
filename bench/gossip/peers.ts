import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  openAnnouncement,
  rejectForeignAnnouncement,
} from "../../packages/gossip-sdk/src/announcement/announcement.ts";
import type { CryptoProvider } from "../../packages/gossip-sdk/src/crypto/provider.ts";
import {
  identityFromMnemonic,
  identityFromRoot,
} from "../../packages/gossip-sdk/src/identity/identity.ts";
import type { Identity } from "../../packages/gossip-sdk/src/identity/identity.ts";
import { generateMnemonic } from "../../packages/gossip-sdk/src/identity/mnemonic.ts";
import { encodeMessageContent } from "../../packages/gossip-sdk/src/message/content.ts";
import {
  acceptAnnouncement,
  encryptMessage,
  establish,
} from "../../packages/gossip-sdk/src/session/peer-session.ts";
import type { PeerSession } from "../../packages/gossip-sdk/src/session/peer-session.ts";
import { createHttpRelayClient } from "../../packages/gossip-sdk/src/transport/http-relay-client.ts";
import type { RelayClient } from "../../packages/gossip-sdk/src/transport/relay-client.ts";
import { median, quantile, WrongResultError } from "../measure.ts";
import { createFigure } from "../records.ts";
import type { BenchResult } from "../records.ts";
import { ClientNewsSchema, preciseNowMs } from "./client-orders.ts";
import type { ClientNews, ClientOrder } from "./client-orders.ts";
import { Forked } from "./forked.ts";
import { RelayNewsSchema } from "./relay-orders.ts";

const PEERS = 1000;
const IDLE_MS = 1000;
const QUIET_MS = 20_000;
const ADMISSIONS = 24;
const BLOCK_LIMIT_MS = 50;
const BULLETIN_PAGE = 500;

/**
 * A client with 1,000 live sessions, in a process of its own as the relay is: what accepting them and polling for them
 * costs, and how long a message takes from the relay to a row of the ingress queue.
 */
export async function benchPeers(crypto: CryptoProvider): Promise<BenchResult[]> {
  await using cleanup = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), "gossip-bench-"));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const relayProcess = cleanup.use(
    new Forked(new URL("./relay-process.ts", import.meta.url), RelayNewsSchema),
  );
  const { url } = await relayProcess.next("listening");
  const relay = createHttpRelayClient({ url });
  const words = generateMnemonic();
  const bot = await identityFromMnemonic(words, crypto);
  const client = cleanup.use(
    new Forked<ClientNews, ClientOrder>(
      new URL("./client-process.ts", import.meta.url),
      ClientNewsSchema,
      {
        MNEMONIC: words,
        RELAY_URL: url,
        STATE_DIR: folder,
      },
    ),
  );
  await client.next("loaded");

  // A new account starts at the newest announcement, so it must have looked before anybody announces.
  client.order({ kind: "run", idleMs: IDLE_MS });
  await client.next("sessions");
  client.order({ kind: "measure_begin" });
  await sleep(IDLE_MS);
  const empty = await measured(client);
  client.order({ kind: "measure_begin" });
  const startedAtMs = performance.now();
  const peers = await announceAll(bot, relay, crypto);
  await client.next("sessions", ({ active }) => active === PEERS);
  const acceptedAtMs = performance.now();
  const accepting = await measured(client);

  client.order({ kind: "measure_begin" });
  await sleep(QUIET_MS);
  const quiet = await measured(client);
  client.order({ kind: "close" });
  await client.next("closed");

  client.order({ kind: "run" });
  const { openMs } = await client.next("running");
  await sleep(IDLE_MS);
  const admissions = await admit(client, relay, await joinOne(peers, relay, crypto), crypto);

  const cycles = quiet.addresses / PEERS;
  if (cycles < 1) throw new WrongResultError("peers-1000: no poll in the time measured");
  const totals = admissions.map(({ totalMs }) => totalMs);
  return [
    createFigure("peers-1000-poll-cpu", "ms", quiet.cpuMs / cycles),
    createFigure("peers-1000-rss", "MB", quiet.rssMb),
    createFigure("peer-rss", "kB", ((quiet.rssMb - empty.rssMb) * 1000) / PEERS),
    createFigure("peers-0-rss", "MB", empty.rssMb),
    createFigure("peers-1000-longest-block", "ms", quiet.longestBlockMs, BLOCK_LIMIT_MS),
    createFigure("peers-1000-longest-turn-cpu", "ms", quiet.longestTurnCpuMs, BLOCK_LIMIT_MS),
    createFigure("peers-1000-accept", "s", (acceptedAtMs - startedAtMs) / 1000),
    createFigure("peers-1000-accept-longest-block", "ms", accepting.longestBlockMs, BLOCK_LIMIT_MS),
    createFigure(
      "peers-1000-accept-longest-turn-cpu",
      "ms",
      accepting.longestTurnCpuMs,
      BLOCK_LIMIT_MS,
    ),
    createFigure("peers-1000-open", "ms", openMs),
    createFigure("relay-to-admitted", "ms", median(totals)),
    createFigure("relay-to-admitted-p95", "ms", quantile(totals, 0.95)),
    createFigure(
      "relay-to-admitted-after-poll",
      "ms",
      median(admissions.map(({ ownMs }) => ownMs)),
    ),
  ];
}

type Client = Forked<ClientNews, ClientOrder>;

interface Peer {
  readonly identity: Identity;
  readonly session: PeerSession;
}

async function announceAll(
  bot: Identity,
  relay: RelayClient,
  crypto: CryptoProvider,
): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (let index = 0; index < PEERS; index++) {
    const root = createHash("sha256").update(`bench: peer ${index}`).digest();
    const identity = identityFromRoot(root, crypto);
    const { session, announcement } = establish(undefined, {
      identity,
      peer: bot.publicKeys,
      userData: new Uint8Array(),
      nowMs: Date.now(),
      crypto,
    });
    await relay.postAnnouncement(announcement);
    peers.push({ identity, session });
  }
  return peers;
}

async function measured(client: Client): Promise<Extract<ClientNews, { kind: "measured" }>> {
  client.order({ kind: "measure_end" });
  return client.next("measured");
}

/** Lets one of the peers find the bot's answer, so that it can write. */
async function joinOne(
  [peer]: readonly Peer[],
  relay: RelayClient,
  crypto: CryptoProvider,
): Promise<PeerSession> {
  if (peer === undefined) throw new RangeError("no peers");
  const { identity } = peer;
  const key = { kemSecret: identity.secrets.kem, kemPublicKey: identity.publicKeys.kemPublicKey };
  let after = 0n;
  for (;;) {
    const page = await relay.fetchBulletin({ after, limit: BULLETIN_PAGE });
    const last = page.at(-1);
    if (last === undefined) throw new WrongResultError("peers-1000: a peer was not answered");
    after = last.counter;
    const answer = page.find(({ data }) => !rejectForeignAnnouncement(key, data, crypto));
    const opened = answer && openAnnouncement({ identity, bytes: answer.data, crypto });
    if (opened === undefined) continue;
    return acceptAnnouncement(peer.session, opened, { nowMs: Date.now(), crypto }).session;
  }
}

/** Posts messages at odd times and takes the time until each is a row. */
async function admit(
  client: Client,
  relay: RelayClient,
  start: PeerSession,
  crypto: CryptoProvider,
): Promise<{ totalMs: number; ownMs: number }[]> {
  const samples: { totalMs: number; ownMs: number }[] = [];
  let session = start;
  for (let index = 0; index <= ADMISSIONS; index++) {
    const text = `message ${index}`;
    const messageId = Uint8Array.from({ length: 12 }, () => index);
    const contents = encodeMessageContent({ type: "text", messageId, text });
    const sent = encryptMessage(session, { contents, nowMs: Date.now(), crypto });
    if (sent === undefined) throw new WrongResultError("relay-to-admitted: no session");
    session = sent.session;
    const admitted = client.next("admitted", (news) => news.text === text);
    await relay.postValue(sent.seeker, sent.data);
    const postedAtMs = preciseNowMs();
    const { atMs, fetchedAtMs } = await admitted;
    // The first one finds a quiet conversation and makes it live.
    if (index > 0) samples.push({ totalMs: atMs - postedAtMs, ownMs: atMs - fetchedAtMs });
    // Not in step with the polls.
    await sleep(100 + ((index * 379) % 1100));
  }
  return samples;
}
