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
