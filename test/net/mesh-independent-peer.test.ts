import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import * as z from "zod";
import {
  IndependentMeshPeer,
  type IndependentPeerOptions,
} from "../support/independent-mesh-peer.ts";
import {
  canonicalText,
  directChannelName,
  independentKey,
  peerIdOfPem,
  signWire,
  verifyText,
  verifyWire,
} from "../support/independent-mesh-rules.ts";
import { readJson } from "../support/read-json.ts";

const VECTORS = fileURLToPath(
  new URL("../../packages/mesh-sdk/vectors/mesh.json", import.meta.url),
);

const WireSchema = z.looseObject({
  message_id: z.string(),
  channel_id: z.string(),
  sender_id: z.string(),
  body: z.unknown(),
  payload: z.unknown().optional(),
  timestamp: z.string(),
});

const vectors = readJson(
  VECTORS,
  z.object({
    keys: z.array(
      z.object({ seed_hex: z.string(), public_key_pem: z.string(), peer_id: z.string() }),
    ),
    messages: z.array(
      z.object({
        name: z.string(),
        key: z.number(),
        received_frame_text: z.string(),
        canonical: z.string(),
        signature: z.string(),
        verifies: z.boolean(),
      }),
    ),
    verification: z.array(
      z.object({
        name: z.string(),
        canonical: z.string(),
        signature: z.string(),
        public_key_pem: z.string(),
        verifies: z.boolean(),
      }),
    ),
    dm_channel_ids: z.array(z.object({ peers: z.array(z.string()), channel_id: z.string() })),
  }),
);

describe("the rules of the independent peer", () => {
  it.each(vectors.keys)("name the published key $peer_id", (vector) => {
    expect(independentKey(Buffer.from(vector.seed_hex, "hex")).peerId).toBe(vector.peer_id);
    expect(peerIdOfPem(vector.public_key_pem)).toBe(vector.peer_id);
  });

  it.each(vectors.messages)("sign and verify as the reference: $name", (vector) => {
    const seed = Buffer.from(vectors.keys[vector.key]?.seed_hex ?? "", "hex");
    const key = independentKey(seed);
    const message = WireSchema.parse(JSON.parse(vector.received_frame_text));
    expect(canonicalText(message)).toBe(vector.canonical);
    expect(signWire(key, message)).toBe(vector.signature);
    expect(verifyWire(key.publicKeyPem, message, vector.signature)).toBe(vector.verifies);
  });

  it.each(vectors.verification)("judge as the reference: $name", (vector) => {
    const { public_key_pem: pem, canonical, signature } = vector;
    expect(verifyText(pem, canonical, signature)).toBe(vector.verifies);
  });

  it.each(vectors.dm_channel_ids)(
    "name $channel_id",
    ({ peers: [one = "", other = ""], channel_id }) => {
      expect(directChannelName(one, other)).toBe(channel_id);
    },
  );
});

describe("the independent peer", () => {
  const peers: IndependentMeshPeer[] = [];
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.close()));
  });

  async function start(options: IndependentPeerOptions = {}): Promise<IndependentMeshPeer> {
    const peer = await IndependentMeshPeer.start(options);
    peers.push(peer);
    return peer;
  }

  it("relays a signed message with its seven fields and no others", async () => {
    const relay = await start();
    const reader = await start({ peers: [relay.url] });
    await once(reader, "greeted");
    const writer = new WebSocket(relay.url);
    await once(writer, "open");
    const key = independentKey();
    const draft = {
      message_id: "one",
      channel_id: "lobby",
      sender_id: key.peerId,
      body: "hello",
      payload: { b: 1, a: [2] },
      timestamp: "2026-01-01T00:00:00.000Z",
    };
    const arrived = once(reader, "message");
    const signed = { ...draft, signature: signWire(key, draft) };
    // Before any handshake, as the reference lets everybody.
    writer.send(JSON.stringify({ type: "message", ...signed, extra: "lost" }));
    expect(await arrived).toEqual([signed, "live"]);
    writer.terminate();
  });

  it("gives a late reader the oldest hundred and never the rest", async () => {
    const relay = await start();
    for (let n = 0; n < 150; n++) relay.publish("lobby", `text ${n}`);
    const reader = await start();
    const page: string[] = [];
    const hundred = Promise.withResolvers<void>();
    reader.on("message", (message) => {
      if (page.push(String(message.body)) === 100) hundred.resolve();
    });
    reader.dial(relay.url);
    await hundred.promise;
    relay.publish("lobby", "live");
    await once(reader, "message");
    expect(page).toHaveLength(101);
    expect(reader.store.ids("lobby")).toHaveLength(101);
  });

  it("believes a message whose signature was taken away, as the reference does", async () => {
    const relay = await start({ key: independentKey() });
    const victim = await start({ key: independentKey(), peers: [relay.url] });
    await once(victim, "greeted");
    const attacker = new WebSocket(relay.url);
    await once(attacker, "open");
    const { signature: _stripped, ...original } = victim.publish("lobby", "I agree");
    await once(relay, "message");
    const heard = once(relay, "message");
    const altered = { ...original, message_id: "another", body: "I do not agree" };
    attacker.send(JSON.stringify({ type: "message", ...altered }));
    expect(await heard).toEqual([altered, "live"]);
    attacker.terminate();
  });
});
