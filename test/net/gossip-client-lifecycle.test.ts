import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { withDeadline } from "channel-testing";
import { createHttpRelayClient, GossipClient, GossipError } from "gossip-sdk";
import { connect, GossipNet } from "../support/gossip-people.ts";

const HOUR_MS = 3_600_000;
const WAKE_LIMIT_MS = 15_000;

it("ends at the abort and not at the end of its requests, though the relay never answers", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  const hole = net.relay.faults.inject({ kind: "hang" });
  await alice.sendText(bob, "into the hole");
  await hole.reached(3);
  const startedMs = performance.now();
  await alice.stop();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  hole.remove();
});

it("starts without a relay, says so, and connects when there is one", async () => {
  await using net = await GossipNet.start();
  const bob = await net.person("bob");
  await bob.stop();
  const down = net.relay.faults.inject({ kind: "drop" });
  await bob.start();
  await bob.until((client) => client.status().lastErrorCode === "relay_unreachable");
  expect(bob.client.status().connected).toBe(false);
  down.remove();
  await bob.until((client) => client.status().connected);
  expect(bob.client.status().lastErrorCode).toBeUndefined();
});

it("lets nobody write to a new account before it knows where to begin reading", async () => {
  await using net = await GossipNet.start();
  const alice = await net.person("alice");
  const hidden = net.relay.faults.inject({
    kind: "status",
    status: 500,
    routes: ["bulletin_counter"],
  });
  const starting = net.person("bob");
  await hidden.reached(hidden.hits + 4);
  expect(net.relay.stats().keys).toBe(1);
  hidden.remove();
  const bob = await starting;
  await alice.client.requestContact(bob.id);
  expect(await bob.next("contact_request")).toMatchObject({ peer: alice.id });
});

it("polls at once when the machine was asleep, instead of waiting out its pauses", async () => {
  await using net = await GossipNet.start();
  const alice = await net.person("alice");
  const bob = await net.person("bob", {
    polling: { idleMs: HOUR_MS, idleMaxMs: HOUR_MS, liveMs: HOUR_MS, bulletinMs: HOUR_MS },
  });
  await alice.client.requestContact(bob.id);
  await alice.sendText(bob, "good morning");
  // Whoever wakes up looks once: what it is to find is there by then.
  const relay = createHttpRelayClient({ url: net.relay.url });
  await expect.poll(() => relay.fetchBulletinCounter()).toBe(1n);
  net.offsetMs += HOUR_MS;
  const request = withDeadline(bob.next("contact_request"), WAKE_LIMIT_MS, "the request");
  expect(await request).toMatchObject({ peer: alice.id });
  const sent = alice.until((client) => client.status().queueDepth === 0);
  await withDeadline(sent, WAKE_LIMIT_MS, "the message on the board");
  net.offsetMs += 10 * HOUR_MS;
  const message = withDeadline(bob.next("message"), WAKE_LIMIT_MS, "the message");
  expect(await message).toMatchObject({ text: "good morning" });
});

it("publishes its keys again after a day", async () => {
  await using net = await GossipNet.start();
  const alice = await net.person("alice");
  const publishing = net.relay.faults.inject({ kind: "delay", delayMs: 0, routes: ["auth"] });
  await alice.restart();
  await alice.until((client) => client.status().connected);
  expect(publishing.hits).toBe(0);
  net.offsetMs += 25 * HOUR_MS;
  await publishing.reached(1);
});

it("gives the signal's reason to those who wait, and refuses work after it was closed", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await alice.client.requestContact(bob.id);
  await bob.stop();
  const { messageId } = await alice.sendText(bob, "never read");
  const stop = new AbortController();
  const waiting = alice.client.whenStatus(bob.id, messageId, "delivered", { signal: stop.signal });
  stop.abort(new Error("test: enough"));
  await expect(waiting).rejects.toThrow("test: enough");
  const { signal } = new AbortController();
  const closing = alice.client.whenStatus(bob.id, messageId, "delivered", { signal });
  const { client } = alice;
  await alice.stop();
  await expect(closing).rejects.toMatchObject({ code: "closed" });
  await expect(client.send(bob.id, { type: "text", text: "x" })).rejects.toMatchObject({
    code: "closed",
  });
  expect(() => client.status()).toThrow(GossipError);
});

it("refuses the state of another identity, and a second client on one state", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const open = (identity: typeof alice.identity, databasePath: string) =>
    GossipClient.open({
      identity,
      databasePath,
      relay: createHttpRelayClient({ url: net.relay.url }),
    });
  await expect(open(alice.identity, alice.databasePath)).rejects.toMatchObject({ code: "locked" });
  await alice.stop();
  await expect(open(bob.identity, alice.databasePath)).rejects.toMatchObject({ code: "wrong_key" });
  await alice.start();
});

it("survives a policy check that fails or never decides", async () => {
  await using net = await GossipNet.start();
  const bob = await net.person("bob", {
    shouldAccept: () => Promise.reject(new Error("test: no decision")),
  });
  const [alice, carol] = [await net.person("alice"), await net.person("carol")];
  await alice.client.requestContact(bob.id);
  expect(await bob.next("contact_request")).toMatchObject({ accepted: false });
  const dora = await net.person("dora", { shouldAccept: () => new Promise(() => {}) });
  await carol.client.requestContact(dora.id);
  await sleep(0);
  await dora.stop();
});

it("follows one download for several identities of a process", async () => {
  await using net = await GossipNet.start();
  const names = ["a", "b", "c", "d"];
  const people = await Promise.all(names.map((name) => net.person(name)));
  const stranger = await net.person("stranger");
  const reads = net.relay.faults.inject({ kind: "delay", delayMs: 0, routes: ["bulletin_page"] });
  for (const person of people) await stranger.client.requestContact(person.id);
  await Promise.all(people.map((person) => person.next("contact_request")));
  // Five accounts and eight announcements: alone, each would have read each.
  expect(reads.hits).toBeLessThan(20);
});
