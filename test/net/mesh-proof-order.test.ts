import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type MeshEvent, MeshPeer, type MeshPeerOptions, meshKeyFromSeed } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { independentKey } from "../support/independent-mesh-rules.ts";
import { RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";
import { runMeshPeer } from "../support/run-mesh-peer.ts";

let folder = "";
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-proof-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

/** A peer that listens to the lobby until the test is over, and a way in. */
async function startPeer(options: Partial<MeshPeerOptions> = {}) {
  const peer = await MeshPeer.open({
    key: meshKeyFromSeed(new Uint8Array(32).fill(1)),
    folder: path.join(folder, "peer"),
    listen: { port: 0 },
    channels: ["lobby"],
    ...options,
  });
  const working = await runMeshPeer(peer);
  closers.push(() => working.close());
  return { peer, url: working.url };
}

/** A neighbor of that peer. */
async function join(url: string): Promise<RawMeshPeer> {
  const raw = await RawMeshPeer.connect(url, { identity: independentKey() });
  closers.push(async () => raw.end());
  return raw;
}

async function nextEvents(peer: MeshPeer, count: number): Promise<MeshEvent[]> {
  const events: MeshEvent[] = [];
  for await (const event of peer.events({ signal: AbortSignal.timeout(20_000) })) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

it("hands over what one neighbor sent in its order, though the proofs are found side by side", async () => {
  const { peer, url } = await startPeer();
  const neighbor = await join(url);
  const bodies = Array.from({ length: 300 }, (_, index) => `number ${index}`);
  for (const [index, body] of bodies.entries()) {
    // Long ones take longer to prove than the short ones behind them.
    const padded = index % 10 === 0 ? body + "x".repeat(50_000) : body;
    neighbor.send(neighbor.message({ ...signedMessage(neighbor.key, { body: padded }) }));
  }
  const events = await nextEvents(peer, bodies.length);
  expect(events.map(({ body }) => body.replace(/x+$/, ""))).toEqual(bodies);
});

it("lets nobody use up the share of a sender by claiming to be that one", async () => {
  const { peer, url } = await startPeer({ limits: { messagesPerSecondPerSender: 1 } });
  const attacker = await join(url);
  const victim = await join(url);
  for (let sent = 0; sent < 40; sent += 1) {
    const { signature: _, ...claimed } = signedMessage(victim.key, { message_id: randomUUID() });
    attacker.send({ type: "message", ...claimed });
  }
  await attacker.settled();
  victim.send(victim.message({ ...signedMessage(victim.key, { body: "it is really me" }) }));
  expect((await nextEvents(peer, 1)).map(({ body }) => body)).toEqual(["it is really me"]);
});

it("closes a link on which signatures turn out to be bad again and again", async () => {
  const { peer, url } = await startPeer();
  const attacker = await join(url);
  for (let sent = 0; sent < 40; sent += 1) {
    attacker.send({ type: "message", ...signedMessage(attacker.key), body: "changed" });
  }
  await attacker.closed();
  expect(peer.status().stored).toBe(1); // Its own prekey.
});
