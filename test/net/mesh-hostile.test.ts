import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { directChannelName, independentKey } from "../support/independent-mesh-rules.ts";
import { IndependentMeshPeer } from "../support/independent-mesh-peer.ts";
import { HostileGround } from "../support/mesh-hostile-ground.ts";
import { RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";

const MIB = 1_048_576;
const NOTHING = { events: [], bob: [] };

let folder = "";
let ground: HostileGround;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-hostile-"));
  ground = await HostileGround.open(folder);
});
afterEach(() => ground.sendStrangersAway());
afterAll(async () => {
  await ground.close();
  rmSync(folder, { recursive: true });
});

describe("a web page", () => {
  it.each([
    ["of another site", { origin: "https://evil.example" }],
    ["of this machine", { origin: "http://localhost:3000" }],
    ["of a file", { origin: "null" }],
    ["that pointed its name at us", { headers: { host: "evil.example:5000" } }],
  ])("%s cannot connect", async (_name, options) => {
    await expect(RawMeshPeer.connect(ground.victim.url, options)).rejects.toThrow(
      /Unexpected server response: 4\d\d/,
    );
    expect(await ground.stillServes()).toEqual(NOTHING);
  });
});

describe("who says to be somebody else", () => {
  it("hijack: a handshake with another's name and one's own key changes nothing", async () => {
    const before = ground.now();
    const { alice } = ground;
    const thief = await ground.stranger({ greeting: { peer_id: alice.peerId } });
    const forged = signedMessage(thief.key, { sender_id: alice.peerId, body: "I am Alice" });
    thief.send({ type: "message", ...forged });
    await thief.settled();
    expect(await ground.stillServes(before)).toEqual(NOTHING);
  });

  it("strip: a message whose signature was taken away reaches nobody", async () => {
    const stranger = await ground.stranger();
    stranger.send({ type: "subscribe", channel_id: "lobby" });
    await stranger.settled();
    await ground.stillServes();
    const { signature, ...rest } = await stranger.until((frame) => frame.type === "message");
    expect(signature).toBeTypeOf("string");
    const before = ground.now();
    stranger.send({ ...rest, message_id: "stripped-1", body: "altered" });
    stranger.send({ ...rest, message_id: "stripped-2" });
    await stranger.settled();
    expect(await ground.stillServes(before)).toEqual(NOTHING);
  });

  it("forge: answers to our own requests are believed by signature alone", async () => {
    const before = ground.now();
    const forger = await ground.stranger();
    // It says that it stores, so it is asked.
    await forger.until((frame) => frame.type === "sync_request");
    const { signature: _none, ...forged } = signedMessage(forger.key, {
      sender_id: ground.alice.peerId,
      body: "Alice said so long ago",
    });
    const messages = Array.from({ length: 50 }, (_, n) => ({ ...forged, message_id: `f${n}` }));
    forger.send({ type: "sync_response", channel_id: "lobby", messages });
    await forger.settled();
    expect(await ground.stillServes(before)).toEqual(NOTHING);
    expect(await bodiesForLateReader()).not.toContain("Alice said so long ago");
  });

  it("squat: an id that a stranger has taken is still free for everybody else", async () => {
    const before = ground.now();
    const squatter = await ground.stranger();
    const honest = await ground.stranger();
    const message_id = "the-same-id";
    squatter.send({
      type: "message",
      ...signedMessage(squatter.key, { message_id, channel_id: "#x" }),
    });
    squatter.send({
      type: "message",
      ...signedMessage(squatter.key, { message_id, body: "mine" }),
    });
    await squatter.settled();
    honest.send({
      type: "message",
      ...signedMessage(honest.key, { message_id, body: "truly mine" }),
    });
    await honest.settled();
    const { events } = await ground.stillServes(before);
    expect(events).toMatchObject([
      { from: squatter.key.peerId, body: "mine" },
      { from: honest.key.peerId, body: "truly mine" },
    ]);
  });

  it("equivocate: of messages that one sender gave one id, the first is heard or none", async () => {
    const before = ground.now();
    const liar = await ground.stranger();
    const message_id = "said-twice";
    for (const body of ["yes", "no", "yes", "perhaps"]) {
      liar.send({ type: "message", ...signedMessage(liar.key, { message_id, body }) });
    }
    await liar.settled();
    const { events } = await ground.stillServes(before);
    expect(["", "yes"]).toContain(events.map((event) => event.body).join());
  });

  it("replay: a message that was heard is not heard again, also after a restart", async () => {
    const before = ground.now();
    const writer = await ground.stranger();
    const order = { type: "message", ...signedMessage(writer.key, { body: "pay 5 coins" }) };
    for (let n = 0; n < 50; n++) writer.send(order);
    await writer.settled();
    const { events } = await ground.stillServes(before);
    expect(events).toMatchObject([{ body: "pay 5 coins" }]);
    const ids = ground.events.seen.map((event) => event.id);
    expect((await ground.victim.call("/v1/events/ack", { ids })).status).toBe(204);
    await ground.restartVictim();
    const replayer = await ground.stranger();
    replayer.send(order);
    await replayer.settled();
    expect((await ground.stillServes()).events).toEqual([]);
    expect(ground.events.seen.map((event) => event.body)).not.toContain("pay 5 coins");
  });
});

describe("who wants what is not theirs", () => {
  it("a stranger reads no direct channel of two others, neither live nor from the store", async () => {
    const { alice, bob } = ground;
    const channel = directChannelName(alice.peerId, bob.peerId);
    const spy = await ground.stranger({ greeting: { peer_id: bob.peerId } });
    spy.send({ type: "subscribe", channel_id: channel });
    await spy.settled();
    alice.publish(channel, "for Bob alone");
    await ground.stillServes();
    const from = spy.seen.length;
    spy.send({ type: "sync_request", channel_id: channel, after_message_id: null, limit: 100 });
    await spy.settled();
    expect(JSON.stringify(spy.seen)).not.toContain("for Bob alone");
    expect(JSON.stringify(spy.seen.slice(from))).not.toContain("message_id");
  });
});

describe("who wants to hide what others wrote", () => {
  it.each([
    ["from the year 1", () => "0001-01-01T00:00:00.000Z"],
    ["of yesterday", () => new Date(Date.now() - 23 * 3_600_000).toISOString()],
    ["that run ahead as far as they may", () => new Date(Date.now() + 100_000).toISOString()],
  ])("150 messages %s: a late reference peer gets the honest one", async (_name, timestamp) => {
    const blocker = await ground.stranger();
    for (let n = 0; n < 150; n++) {
      const fields = { body: "block", timestamp: timestamp(), message_id: `${_name}-${n}` };
      blocker.send({ type: "message", ...signedMessage(blocker.key, fields) });
    }
    await blocker.settled();
    const { body } = ground.alice.publish("lobby", `not hidden ${_name}`);
    await ground.events.until((event) => event.body === body);
    expect(await bodiesForLateReader()).toContain(body);
  });
});

describe("who wants too much", () => {
  it("amplify: no answer is larger than a frame, and requests have a rate", async () => {
    const greedy = await ground.stranger();
    const before = greedy.seen.length;
    const request = { type: "sync_request", channel_id: "lobby", after_message_id: null };
    for (const limit of [-1, 1e308, 500]) greedy.send({ ...request, limit });
    await greedy.settled();
    const sizes = greedy.seen.slice(before).map((frame) => JSON.stringify(frame).length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MIB / 4);
  });

  it("slow reader: it is cut off, and memory stays", async () => {
    const { victim, alice } = ground;
    const slow = await ground.stranger();
    // A channel of its own: Bob need not be fast.
    slow.send({ type: "subscribe", channel_id: "#slow" });
    await slow.settled();
    const links = await victim.metric("mesh_links");
    const resident = victim.residentBytes();
    slow.socket.pause();
    const body = "s".repeat(60_000);
    for (let n = 0; n < 400; n++) alice.publish("#slow", `${n} ${body}`);
    await ground.stillServes();
    expect(await victim.metric("mesh_links")).toBe(links - 1);
    expect(victim.residentBytes() - resident).toBeLessThan(100 * MIB);
  });

  it("a thousand connections: no address has more than its share, and others come in", async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 1_000 }, () => ground.stranger({ greeting: false })),
    );
    const admitted = attempts.flatMap((attempt) =>
      attempt.status === "fulfilled" ? [attempt.value] : [],
    );
    await Promise.all(admitted.map((stranger) => stranger.settled()));
    const open = admitted.filter((stranger) => stranger.isOpen);
    expect(open.length).toBeLessThanOrEqual(16);
    expect(await ground.stillServes()).toEqual(NOTHING);
  });

  it("a flood of one sender keeps nobody else waiting", async () => {
    // From elsewhere: the thousand of before may still be counted.
    const flooder = await ground.stranger({ localAddress: "127.0.0.67" });
    const stop = new AbortController();
    const flooded = flood(flooder, stop.signal);
    const startedAt = performance.now();
    for (let n = 0; n < 10; n++) await ground.stillServes();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    stop.abort();
    await flooded;
  });
});

/** Signs and sends as fast as the other side reads. */
async function flood(from: RawMeshPeer, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && from.isOpen) {
    for (let n = 0; n < 50; n++) from.send({ type: "message", ...signedMessage(from.key) });
    await Promise.race([from.settled(), once(signal, "abort")]);
  }
}

/** What a reference peer gets that comes now and asks as they all do. */
async function bodiesForLateReader(): Promise<readonly unknown[]> {
  const reader = await IndependentMeshPeer.start({ key: independentKey() });
  const bodies: unknown[] = [];
  reader.on("message", (message) => bodies.push(message.body));
  try {
    const heard = once(reader, "message");
    reader.dial(ground.victim.url);
    await heard;
    return bodies.slice();
  } finally {
    await reader.close();
  }
}
