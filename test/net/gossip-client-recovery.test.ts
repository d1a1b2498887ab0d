import { cp, mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { connect, GossipNet, type Person } from "../support/gossip-people.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

it("sends again after a renewal what was not acknowledged, and the peer takes it once", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  const sent = [await alice.sendText(bob, "one"), await alice.sendText(bob, "two")];
  await bob.next("message");
  await bob.next("message");
  await alice.client.requestContact(bob.id);
  await alice.until(() => net.relay.stats().newestCounter >= 3n);
  await alice.sendText(bob, "three");
  await bob.next("message");
  await bob.sendText(alice, "all here");
  await alice.next("message");
  for (const message of sent) await alice.delivered(bob, message);
  expect(bob.texts).toEqual(["hello", "one", "two", "three"]);
});

it("talks again with a peer that lost its state and asks anew", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await bob.stop();
  const bobAgain = await net.person("bob again", { words: bob.words, displayName: "Bob" });
  await bobAgain.client.requestContact(alice.id);
  await bobAgain.sendText(alice, "new phone");
  expect(await alice.next("message")).toMatchObject({ text: "new phone" });
  await alice.sendText(bobAgain, "same person");
  expect(await bobAgain.next("message")).toMatchObject({ text: "same person" });
});

it("hears what a peer says that lost its state and asks anew at once, and hears it once", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await bob.client.requestContact(alice.id, { message: "hello" });
  expect(await alice.next("contact_request")).toMatchObject({ message: "hello" });
  await bob.stop();
  const bobAgain = await net.person("bob again", { words: bob.words });
  await bobAgain.client.requestContact(alice.id, { message: "new phone" });
  expect(await alice.next("contact_request")).toMatchObject({
    message: "new phone",
    accepted: true,
  });
  await alice.restart();
  await bobAgain.sendText(alice, "are you there?");
  await alice.next("message");
  expect(alice.taken.filter(({ type }) => type === "contact_request")).toHaveLength(2);
});

it("takes the request of somebody whose clock is fast when its time has come", async () => {
  await using net = await GossipNet.start();
  let fastMs = 10 * MINUTE_MS;
  const bob = await net.person("bob");
  const alice = await net.person("alice", { clock: { now: () => net.now() + fastMs } });
  const carol = await net.person("carol");
  await alice.client.requestContact(bob.id, { message: "too soon" });
  await alice.until(() => net.relay.stats().newestCounter >= 1n);
  // Whoever has read hers has read past that of Alice, which is not offered again.
  await carol.client.requestContact(bob.id);
  expect(await bob.next("contact_request")).toMatchObject({ peer: carol.id });
  await bob.restart();
  fastMs = 0;
  net.offsetMs += 10 * MINUTE_MS;
  expect(await bob.next("contact_request")).toMatchObject({
    peer: alice.id,
    message: "too soon",
  });
  await alice.sendText(bob, "hello");
  expect(await bob.next("message")).toMatchObject({ text: "hello" });
});

it("is back in session with everybody from its words alone, after a restore scan that says its size first", async () => {
  await using net = await GossipNet.start();
  const [alice, bob, carol] = [
    await net.person("alice"),
    await net.person("bob"),
    await net.person("carol"),
  ];
  await connect(alice, bob);
  await connect(carol, bob);
  // The peers are away too: at work they would renew their sessions by themselves, maybe before the scan.
  for (const person of [alice, bob, carol]) await person.stop();
  // Long enough that the announcements are too old for the session rules.
  net.offsetMs += 18 * DAY_MS;
  const restored = await net.person("bob restored", { words: bob.words });
  const estimate = await restored.client.estimateRestore();
  expect(estimate.announcements).toBeGreaterThanOrEqual(4);
  expect(estimate.bytes).toBe(estimate.announcements * 12_000);
  const report = await restored.client.restoreScan({
    shouldReconnect: ({ peer }) => peer === alice.id,
  });
  expect(report).toMatchObject({ found: 2, reconnected: 1, declined: 1, connectedBefore: 0 });
  await alice.start();
  await restored.sendText(alice, "from the backup words");
  expect(await alice.next("message")).toMatchObject({ text: "from the backup words" });
  await alice.sendText(restored, "welcome back");
  expect(await restored.next("message")).toMatchObject({ text: "welcome back" });
  expect(restored.client.contacts().map(({ peer }) => peer)).toEqual([alice.id]);
});

it("notices that its state is an old copy: nothing is lost, and nothing old is answered again", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.stop();
  const backup = path.join(path.dirname(alice.databasePath), "..", "backup");
  await mkdir(backup, { mode: 0o700 });
  await cp(path.dirname(alice.databasePath), backup, { recursive: true });
  await alice.start();
  await bob.sendText(alice, "question");
  await alice.next("message");
  await bob.delivered(alice, await exchange(bob, alice));
  await alice.stop();
  await bob.sendText(alice, "not yet read by anybody");

  const restored = await net.person("restored", {
    words: alice.words,
    databasePath: path.join(backup, "gossip.db"),
  });
  expect(await restored.next("message")).toMatchObject({ text: "not yet read by anybody" });
  expect(restored.texts).toEqual(["not yet read by anybody"]);
  expect(restored.client.status().forksNoticed).toBe(1);
  await restored.sendText(bob, "here again");
  expect(await bob.next("message")).toMatchObject({ text: "here again" });
});

it("stays connected over weeks of silence, with keep-alives only", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  for (let day = 0; day < 10; day += 1) {
    const heard = [bob.client, alice.client].map((client) => client.status().lastInboundAtMs ?? 0);
    net.offsetMs += DAY_MS + 10 * MINUTE_MS;
    await bob.until((client) => (client.status().lastInboundAtMs ?? 0) > (heard[0] ?? 0));
    await alice.until((client) => (client.status().lastInboundAtMs ?? 0) > (heard[1] ?? 0));
  }
  expect(net.relay.stats().newestCounter).toBe(2n);
  await alice.sendText(bob, "still here");
  expect(await bob.next("message")).toMatchObject({ text: "still here" });
});

it("finds its peer again after both were away for longer than a session lives", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.stop();
  await bob.stop();
  net.offsetMs += 30 * DAY_MS;
  await alice.start();
  await bob.start();
  await alice.sendText(bob, "long time");
  expect(await bob.next("message")).toMatchObject({ text: "long time" });
});

it("puts everything back that a relay lost, keys, announcements and messages, and misses nothing", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await bob.stop();
  const message = await alice.sendText(bob, "read by nobody yet");
  const { signal } = new AbortController();
  await alice.client.whenStatus(bob.id, message.messageId, "sent", { signal });
  net.relay.faults.reset();
  const carol = await net.person("carol");
  await alice.until(() => net.relay.stats().keys >= 2);
  await carol.client.requestContact(alice.id);
  await carol.sendText(alice, "a stranger after the reset");
  expect(await alice.next("message")).toMatchObject({ peer: carol.id });
  await bob.start();
  expect(await bob.next("message")).toMatchObject({ text: "read by nobody yet" });
});

it("deletes under a retention policy what nobody has handled in time", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.client.send(bob.id, { type: "retention", seconds: 60 });
  await alice.sendText(bob, "read this soon");
  await bob.until((client) => client.status().unhandled === 2);
  net.offsetMs += 2 * MINUTE_MS;
  await bob.until((client) => client.status().unhandled === 0);
  await alice.sendText(bob, "or this");
  expect(await bob.next("message")).toMatchObject({ text: "or this" });
});

/** One message each way; the first is returned. */
async function exchange(from: Person, to: Person): ReturnType<Person["sendText"]> {
  const sent = await from.sendText(to, "ping");
  await to.next("message");
  await to.sendText(from, "pong");
  await from.next("message");
  return sent;
}
