// Peers of ours in a chain: who wants a channel, and what comes over two relays that do not care for it themselves.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { type Member, MeshCircle } from "../support/mesh-circle.ts";

/** Four in a row, each of which has dialed the one before; only the ends have channels. */
async function chain(
  circle: MeshCircle,
  channels: readonly string[],
): Promise<[Member, Member, Member, Member]> {
  const first = await circle.add({ channels });
  const second = await circle.add({ peers: [first.url] });
  const third = await circle.add({ peers: [second.url] });
  const last = await circle.add({ peers: [third.url], channels });
  await first.until(() => wants(first, channels.length));
  await last.until(() => wants(last, channels.length));
  return [first, second, third, last];
}

/** All files in a folder, as one text. */
function readAll(folder: string): string {
  const files = readdirSync(folder).map((name) => readFileSync(path.join(folder, name)));
  return Buffer.concat(files).toString("latin1");
}

/** Whether a neighbor has asked for so many channels, and for the box that every peer listens to. */
function wants(member: Member, channels: number): boolean {
  return member.peer.peers().some((peer) => peer.isProven && peer.channels >= channels + 1);
}

it("carries the lobby and another channel over two relays, in both directions, once", async () => {
  await using circle = new MeshCircle();
  const [first, , , last] = await chain(circle, ["lobby", "#dev"]);
  await first.peer.publish("lobby", { body: "to the lobby" });
  await last.peer.publish("#dev", { body: "to dev", payload: { build: 7 }, replyTo: "x" });
  const [atLast, atFirst] = await Promise.all([last.hears("to the lobby"), first.hears("to dev")]);
  expect(atLast).toMatchObject({
    kind: "group",
    channelId: "lobby",
    senderId: first.id,
    verified: true,
  });
  expect(atFirst).toMatchObject({
    channelId: "#dev",
    senderId: last.id,
    payload: { build: 7 },
    replyTo: "x",
  });
  await first.peer.publish("lobby", { body: "the end" });
  await last.hears("the end");
  expect(last.bodies).toEqual(["to the lobby", "the end"]);
});

it("carries a direct message between two who never met, sealed, and its answer", async () => {
  await using circle = new MeshCircle();
  const [first, second, third, last] = await chain(circle, ["lobby"]);
  const sent = await first.peer.sendDirect(last.id, { body: "between us", payload: { n: 1 } });
  expect(sent.channelId).toMatch(/^dm1-/);
  const question = await last.hears("between us");
  expect(question).toMatchObject({
    kind: "direct",
    senderId: first.id,
    sealed: true,
    payload: { n: 1 },
  });
  const answer = await last.peer.sendDirect(first.id, {
    body: "and back",
    replyTo: question.messageId,
  });
  // The key of the other came with its message, so nothing has to wait.
  expect(answer.messageId).toBeDefined();
  expect(await first.hears("and back")).toMatchObject({
    senderId: last.id,
    replyTo: question.messageId,
  });
  expect([second.bodies, third.bodies]).toEqual([[], []]);
  await Promise.all([second.stop(), third.stop()]);
  const kept = [second, third].map(({ folder }) => readAll(folder));
  // The relays have it, and cannot read it.
  for (const bytes of kept) {
    expect(bytes).toContain(sent.channelId);
    expect(bytes).not.toContain("between us");
    expect(bytes).not.toContain("and back");
  }
});

it("gives one who was away all of it, also over relays, and what waited for its key", async () => {
  await using circle = new MeshCircle();
  const first = await circle.add({ channels: ["#dev"] });
  const relay = await circle.add({ peers: [first.url] });
  const away = circle.prepare({ peers: [relay.url], channels: ["#dev"] });
  const early = Array.from({ length: 260 }, async (_, n) =>
    first.peer.publish("#dev", { body: `#${n}`.padEnd(1_000) }),
  );
  await Promise.all(early);
  expect(await first.peer.sendDirect(away.id, { body: "when you are back" })).toMatchObject({
    messageId: undefined,
  });
  await away.start();
  await away.hears("when you are back");
  await away.until(() => away.received.length === 261);
  expect(new Set(away.bodies).size).toBe(261);
});

it("is one message under one key, also after a restart, and asks for no more than that", async () => {
  await using circle = new MeshCircle();
  const first = await circle.add({ channels: ["lobby"] });
  const other = await circle.add({ peers: [first.url], channels: ["lobby"] });
  const sent = await other.peer.publish("lobby", { body: "once" }, { key: "k" });
  expect(await other.peer.publish("lobby", { body: "twice?" }, { key: "k" })).toEqual(sent);
  await other.stop();
  await other.start();
  expect(await other.peer.publish("lobby", { body: "thrice?" }, { key: "k" })).toEqual(sent);
  await other.peer.publish("lobby", { body: "next" });
  await first.hears("next");
  expect(first.bodies).toEqual(["once", "next"]);
});

it("heals after the relay in the middle was restarted at its port", async () => {
  await using circle = new MeshCircle();
  const relay = await circle.add();
  const { port } = new URL(relay.url);
  const peers = [relay.url];
  const one = await circle.add({ peers, channels: ["lobby"] });
  const other = await circle.add({ peers, channels: ["lobby"] });
  await one.until(() => wants(one, 1));
  await relay.stop();
  await one.until(() => one.peer.peers().length === 0);
  await one.peer.publish("lobby", { body: "into the dark" });
  await relay.start({ listen: { port: Number(port) } });
  await other.hears("into the dark");
  await other.peer.publish("lobby", { body: "light again" });
  expect(await one.hears("light again")).toMatchObject({ senderId: other.id });
});

it("keeps one link where two have dialed each other, and none with itself", async () => {
  await using circle = new MeshCircle();
  const one = await circle.add();
  const other = await circle.add({ peers: [one.url], channels: ["lobby"] });
  const { port } = new URL(one.url);
  const urlOfOne = one.url;
  await one.stop();
  await one.start({
    listen: { port: Number(port) },
    peers: [other.url, urlOfOne],
    channels: ["lobby"],
  });
  await one.peer.publish("lobby", { body: "here" });
  await other.hears("here");
  await one.until(() => one.peer.peers().length === 1);
  await other.until(() => other.peer.peers().length === 1);
  const [mine] = one.peer.peers();
  const [theirs] = other.peer.peers();
  expect(new Set([mine?.direction, theirs?.direction])).toEqual(new Set(["in", "out"]));
});
