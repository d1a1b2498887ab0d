import type { CheckedMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { quantile, WrongResultError } from "../measure.ts";
import { type BenchResult, createFigure, createRecord } from "../records.ts";
import { makeBenchFolder } from "./bench-folder.ts";
import { LoadLink, messageIdIn } from "./load-link.ts";
import { RunningPeer } from "./running-peer.ts";
import { BENCH_CHANNELS, frameTextOf, signMessages } from "./signed-messages.ts";
import { HALF, SLOWEST_MS } from "./store-rates.ts";

const LOAD_LINKS = 4;
/** Its own first message: the key for direct messages that every peer lays out. */
const OWN_MESSAGES = 1;
const RATE_PER_SECOND = 1_000;
const TICK_MS = 5;
const P99_LIMIT_MS = 25;
const FAN_OUT = 50;
const MS_PER_SECOND = 1_000;

/** From the socket of a load process to the disk of the peer, next to verification alone. */
export async function benchPeerRate(
  signed: readonly CheckedMessage[],
  verifyMs: number,
): Promise<BenchResult[]> {
  await using folder = await makeBenchFolder();
  await using peer = await RunningPeer.start(folder.path, { seed: "rate" });
  const texts = signed.map(frameTextOf);
  const shares = Array.from({ length: LOAD_LINKS }, (_, link) =>
    texts.filter((_text, index) => index % LOAD_LINKS === link),
  );
  const links = await Promise.all(
    shares.map((_, link) => LoadLink.open(peer.url, { name: `load-${link}` })),
  );
  const startedAtMs = performance.now();
  const stored = peer.storedAtLeast(signed.length + OWN_MESSAGES);
  await Promise.all(links.map((link, index) => link.sendAll(shares[index] ?? [])));
  await stored;
  const value = (performance.now() - startedAtMs) / signed.length;
  for (const link of links) link[Symbol.dispose]();
  return [
    {
      record: createRecord({ name: "mesh-peer-message", unit: "ms", value, baseline: verifyMs }),
      floor: HALF,
      valueLimit: SLOWEST_MS,
    },
  ];
}

/** From a sender to a subscriber through one peer, at a thousand messages a second. */
export async function benchPeerLatency(seconds: number): Promise<BenchResult[]> {
  await using folder = await makeBenchFolder();
  await using peer = await RunningPeer.start(folder.path, { seed: "latency" });
  const count = RATE_PER_SECOND * seconds;
  const signed = signMessages(count);
  const sentAtMs = new Map<string, number>();
  const latencies: number[] = [];
  const all = Promise.withResolvers<void>();
  const subscriber = await LoadLink.open(peer.url, {
    name: "subscriber",
    channels: BENCH_CHANNELS,
    onText: (text) => {
      const sentMs = sentAtMs.get(messageIdIn(text) ?? "");
      if (sentMs === undefined) return;
      latencies.push(performance.now() - sentMs);
      if (latencies.length === count) all.resolve();
    },
  });
  using sender = await LoadLink.open(peer.url, { name: "sender" });
  const startedAtMs = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.min(
      count,
      Math.ceil(((performance.now() - startedAtMs) * RATE_PER_SECOND) / MS_PER_SECOND),
    );
    for (; next < due; next += 1) {
      const checked = signed[next];
      if (checked === undefined) break;
      sentAtMs.set(checked.message.messageId, performance.now());
      sender.send(frameTextOf(checked));
    }
    if (next === count) clearInterval(timer);
  }, TICK_MS);
  await all.promise;
  subscriber[Symbol.dispose]();
  return [
    createFigure("mesh-latency-p50", "ms", quantile(latencies, 0.5)),
    createFigure("mesh-latency-p99", "ms", quantile(latencies, 0.99), P99_LIMIT_MS),
  ];
}

/** One channel with fifty subscribers: every message is on the disk once and goes out fifty times. */
export async function benchFanOut(messages: number): Promise<BenchResult[]> {
  await using folder = await makeBenchFolder();
  await using peer = await RunningPeer.start(folder.path, { seed: "fan-out" });
  const signed = signMessages(messages, { channelId: "square" });
  const expected = messages * FAN_OUT;
  let delivered = 0;
  const all = Promise.withResolvers<void>();
  const subscribers = await Promise.all(
    Array.from({ length: FAN_OUT }, (_, index) =>
      LoadLink.open(peer.url, {
        name: `subscriber-${index}`,
        channels: ["square"],
        onText: (text) => {
          if (messageIdIn(text) === undefined) return;
          delivered += 1;
          if (delivered === expected) all.resolve();
        },
      }),
    ),
  );
  using sender = await LoadLink.open(peer.url, { name: "sender" });
  const startedAtMs = performance.now();
  await sender.sendAll(signed.map(frameTextOf));
  await all.promise;
  const elapsedMs = performance.now() - startedAtMs;
  for (const link of subscribers) link[Symbol.dispose]();
  if (delivered !== expected) throw new WrongResultError("mesh-fan-out: delivered more than once");
  return [createFigure("mesh-fan-out-50", "deliveries/s", (expected / elapsedMs) * MS_PER_SECOND)];
}
