import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { MeshPeer, meshKeyFromSeed } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { independentKey } from "../support/independent-mesh-rules.ts";
import { RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";
import { runMeshPeer } from "../support/run-mesh-peer.ts";

const BODY = "x".repeat(10_000);

let folder = "";
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-channels-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

/** A relay with a small disk, and a way in. */
async function startRelay(channels: readonly string[]): Promise<{ peer: MeshPeer; url: string }> {
  const peer = await MeshPeer.open({
    key: meshKeyFromSeed(new Uint8Array(32).fill(1)),
    folder: path.join(folder, "relay"),
    listen: { port: 0 },
    channels,
    limits: { storeBytes: 1_048_576 },
  });
  const working = await runMeshPeer(peer);
  closers.push(() => working.close());
  return { peer, url: working.url };
}

async function join(url: string): Promise<RawMeshPeer> {
  const raw = await RawMeshPeer.connect(url);
  closers.push(async () => raw.end());
  return raw;
}

/** Says something in a channel, each time as somebody else. */
function say(by: RawMeshPeer, channelId: string, body: string): void {
  by.send({ type: "message", ...signedMessage(independentKey(), { channel_id: channelId, body }) });
}

it.each([
  ["of a neighbor", [], true],
  ["of the relay itself", ["lobby"], false],
] as const)("300 invented channels push nothing out of a channel %s", async (_whose, own, asks) => {
  const { peer, url } = await startRelay(own);
  const honest = await join(url);
  if (asks) honest.send({ type: "subscribe", channel_id: "lobby" });
  await honest.settled();
  const attacker = await join(url);
  const heard = async (body: string): Promise<void> => {
    for await (const event of peer.events({ signal: AbortSignal.timeout(20_000) })) {
      peer.markHandled(event.id);
      if (event.body === body) return;
    }
  };
  // What one neighbor sends is stored in its order, so the last one says that all are.
  const sayLast = async (body: string): Promise<unknown> => {
    say(attacker, "lobby", body);
    return asks ? hears(honest, body) : heard(body);
  };
  for (let n = 0; n < 50; n += 1) say(attacker, "lobby", BODY);
  await sayLast("before");
  for (let n = 0; n < 300; n += 1) say(attacker, `#invented-${n}`, BODY);
  await sayLast("after");

  const late = await join(url);
  late.send({ type: "sync_request", channel_id: "lobby", after_message_id: null, limit: 100 });
  const page = await late.until((frame) => frame.type === "sync_response");
  expect(page["messages"]).toHaveLength(52);
  expect(peer.status().storedBytes).toBeLessThan(1_048_576);
});

async function hears(reader: RawMeshPeer, body: string): Promise<unknown> {
  return reader.until((frame) => frame.type === "message" && frame["body"] === body);
}
