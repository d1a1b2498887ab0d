import { once } from "node:events";
import { meshKeyFromSeed, signMessage } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { IndependentMeshPeer } from "../support/independent-mesh-peer.ts";
import type { WireMessage } from "../support/independent-mesh-rules.ts";
import { MeshCircle } from "../support/mesh-circle.ts";

const CHANNELS = ["lobby", "#dev"];
const author = meshKeyFromSeed(new Uint8Array(32).fill(7));

let circle: MeshCircle;
const relays: IndependentMeshPeer[] = [];
beforeEach(() => {
  circle = new MeshCircle();
});
afterEach(async () => {
  await circle[Symbol.asyncDispose]();
  await Promise.all(relays.splice(0).map(async (relay) => relay.close()));
});

/** A relay of the reference that listens to its lobby and nothing else. */
async function relayAt(port = 0): Promise<IndependentMeshPeer> {
  const relay = await IndependentMeshPeer.start({ port });
  relays.push(relay);
  return relay;
}

/** As an author of ours has said it, and a store of the reference keeps it. */
function saidLongAgo(channelId: string, n: number): WireMessage {
  const nonce = new Uint8Array(16);
  new DataView(nonce.buffer).setUint32(0, n);
  const body = `${channelId} ${n} ${"x".repeat(1_024)}`;
  const timestampMs = Date.now() - 3_600_000 + n;
  const { message } = signMessage(author, { channelId, body, timestampMs, nonce });
  return {
    message_id: message.messageId,
    channel_id: channelId,
    sender_id: message.senderId,
    body,
    payload: JSON.parse(message.payloadText ?? "null") as unknown,
    timestamp: message.timestamp,
  };
}

it("large pages of two channels are read at once over one connection", async () => {
  const relay = await relayAt();
  const numbers = Array.from({ length: 450 }, (_, n) => n);
  for (const channelId of CHANNELS) {
    for (const n of numbers) relay.store.add(saidLongAgo(channelId, n));
  }
  const greetings: string[] = [];
  relay.on("greeted", (peerId) => greetings.push(peerId));

  const reader = await circle.add({ channels: CHANNELS, peers: [relay.url] });
  await reader.until(() => reader.received.length === 2 * numbers.length || greetings.length > 1);

  expect(reader.received).toHaveLength(2 * numbers.length);
  expect(greetings).toHaveLength(1);
});

it("what a peer says while the relay is away reaches it when it is back, in channels that it does not listen to", async () => {
  const first = await relayAt();
  const ann = await circle.add({ channels: CHANNELS, peers: [first.url] });
  await ann.until(() => ann.peer.status().links === 1);
  relays.splice(0);
  await first.close();
  await ann.until(() => ann.peer.status().links === 0);

  const before = await ann.peer.publish("#dev", { body: "before my restart" });
  await ann.stop();
  await ann.start();
  const after = await ann.peer.publish("#dev", { body: "after my restart" });
  const second = await relayAt(Number(new URL(first.url).port));
  await reached(second, after.messageId);

  expect(new Set(second.store.ids("#dev"))).toEqual(new Set([before.messageId, after.messageId]));
});

it("the prekey that a peer laid out before it reached the relay is found there", async () => {
  const first = await relayAt();
  const [ann, ben] = await Promise.all([
    circle.add({ peers: [first.url] }),
    circle.prepare({ peers: [first.url] }).start(),
  ]);
  await ann.until(() => ann.peer.status().links === 1);
  await ben.until(() => ben.peer.status().links === 1);

  await ann.peer.sendDirect(ben.id, { body: "to Ben alone" });
  const heard = await ben.hears("to Ben alone");

  expect(heard).toMatchObject({ kind: "direct", sealed: true, senderId: ann.id });
});

/** Resolves when a message is in the store of a relay. */
async function reached(relay: IndependentMeshPeer, messageId: string | undefined): Promise<void> {
  while (!relay.store.has(messageId ?? "")) await once(relay, "message");
}
