import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type MeshEvent, MeshPeer, type MeshPeerOptions, meshKeyFromSeed } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { IndependentMeshPeer } from "../support/independent-mesh-peer.ts";
import {
  directChannelName,
  independentKey,
  verifyWire,
} from "../support/independent-mesh-rules.ts";
import { RawMeshPeer, type SeenFrame } from "../support/mesh-raw-peer.ts";
import { runMeshPeer } from "../support/run-mesh-peer.ts";

let folder = "";
const closers: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-direct-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

/** A peer that listens until the test is over, or it is closed. */
async function startPeer(
  seed: number,
  peers: readonly string[] = [],
  options: Partial<MeshPeerOptions> = {},
) {
  const peer = await MeshPeer.open({
    key: meshKeyFromSeed(new Uint8Array(32).fill(seed)),
    folder: path.join(folder, `${seed}`),
    listen: { port: 0 },
    allowPrivateAddresses: true,
    peers,
    ...options,
  });
  const { close, url } = await runMeshPeer(peer);
  closers.push(close);
  return { peer, close, url };
}

/** As docs/protocol/mesh.md has it, made outside of the SDK. */
function boxOf(peerId: string): string {
  const hash = createHash("sha256").update(`openclaw-mesh/box/1\n${peerId}`);
  return `box1-${hash.digest("base64url")}`;
}

async function nextEvent(peer: MeshPeer): Promise<MeshEvent | undefined> {
  for await (const event of peer.events({ signal: AbortSignal.timeout(20_000) })) {
    peer.markHandled(event.id);
    return event;
  }
  return undefined;
}

function isMessageIn(prefix: string): (frame: SeenFrame) => boolean {
  return (frame) => frame.type === "message" && String(frame["channel_id"]).startsWith(prefix);
}

it("a sealed message is for its receiver, although the knock before it was lost on the way", async () => {
  const ann = await startPeer(1);
  const ben = await startPeer(2);
  const [toAnn, toBen] = await Promise.all(
    [ann.url, ben.url].map(async (url) => RawMeshPeer.connect(url, { identity: independentKey() })),
  );
  if (toAnn === undefined || toBen === undefined) throw new TypeError("no connection");
  closers.push(async () => {
    toAnn.end();
    toBen.end();
  });
  const box = boxOf(ben.peer.peerId);
  toBen.send({ type: "sync_request", channel_id: box, after_message_id: null, limit: 100 });
  const page = await toBen.until((frame) => frame.type === "sync_response");
  const sent = ann.peer.sendDirect(ben.peer.peerId, { body: "for you" });
  await toAnn.until((frame) => frame.type === "subscribe" && frame["channel_id"] === box);
  for (const prekey of Array.isArray(page["messages"]) ? page["messages"] : []) {
    toAnn.send({ type: "message", ...prekey });
  }
  await sent;
  await toAnn.until(isMessageIn("box1-"));
  toBen.send(await toAnn.until(isMessageIn("dm1-")));
  expect(await nextEvent(ben.peer)).toMatchObject({
    kind: "direct",
    senderId: ann.peer.peerId,
    body: "for you",
    sealed: true,
  });
});

it("a relay that has kept a prekey for others can write to its owner itself", async () => {
  const relay = await startPeer(1);
  const ben = await startPeer(2, [relay.url]);
  const carol = await startPeer(3, [relay.url]);
  await carol.peer.sendDirect(ben.peer.peerId, { body: "from Carol" });
  expect(await nextEvent(ben.peer)).toMatchObject({ body: "from Carol" });
  await relay.peer.sendDirect(ben.peer.peerId, { body: "from the relay" });
  expect(await nextEvent(ben.peer)).toMatchObject({ body: "from the relay", sealed: true });
});

it("a peer of the reference that is listed gets plain text, signed; what waited for its key, too", async () => {
  const reference = await IndependentMeshPeer.start({ key: independentKey() });
  closers.push(() => reference.close());
  const before = await startPeer(1);
  const channel = directChannelName(before.peer.peerId, reference.peerId);
  await before.peer.sendDirect(reference.peerId, { body: "waiting" }, { key: "k1" });
  await before.close();

  const { publicKeyPem } = independentKey(new Uint8Array(32).fill(1));
  const heard: (readonly [unknown, string])[] = [];
  const both = Promise.withResolvers<void>();
  reference.subscribe(channel);
  reference.on("message", (message) => {
    if (message.channel_id !== channel) return;
    heard.push([message.body, message.sender_id]);
    expect(verifyWire(publicKeyPem, message, message.signature ?? "")).toBe(true);
    if (heard.length === 2) both.resolve();
  });
  const ours = await startPeer(1, [reference.url], { plainPeers: [reference.peerId] });
  const sent = await ours.peer.sendDirect(reference.peerId, { body: "now" }, { key: "k2" });
  expect(sent).toMatchObject({ channelId: channel, messageId: expect.any(String) });
  await both.promise;
  expect(heard).toEqual([
    ["waiting", ours.peer.peerId],
    ["now", ours.peer.peerId],
  ]);
  expect(ours.peer.status().queueDepth).toBe(0);
  // The same key is the same message, as with sealed ones.
  expect(await ours.peer.sendDirect(reference.peerId, { body: "now" }, { key: "k2" })).toEqual(
    sent,
  );

  reference.publish(channel, "an answer");
  expect(await nextEvent(ours.peer)).toMatchObject({
    kind: "direct",
    senderId: reference.peerId,
    body: "an answer",
    sealed: false,
  });
});
