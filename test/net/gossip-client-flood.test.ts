import { expect, it } from "vitest";
import {
  createHttpRelayClient,
  defaultCrypto,
  generateMnemonic,
  identityFromMnemonic,
} from "gossip-sdk";
import { connect, GossipNet } from "../support/gossip-people.ts";
import { strangersAnnounce } from "../support/gossip-strangers.ts";

const DAY_MS = 24 * 60 * 60_000;

it("spends little on a flood of new ids, and serves those it knows as before", async () => {
  await using net = await GossipNet.start();
  const alice = await net.person("alice");
  const bob = await net.person("bob", {
    shouldAccept: ({ peer }) => (peer === alice.id ? "trusted" : true),
  });
  await connect(alice, bob);
  const before = net.relay.stats().newestCounter;
  const startedMs = Date.now();
  const last = await strangersAnnounce(net.relay.url, bob.identity.publicKeys, 230);
  await bob.until((client) => client.contacts().some(({ peer }) => peer === last));
  await alice.sendText(bob, "still there?");
  expect(await bob.next("message")).toMatchObject({ text: "still there?" });
  const answered = net.relay.stats().newestCounter - before - 230n;
  expect(answered).toBeGreaterThan(0n);
  const minutes = Math.ceil((Date.now() - startedMs) / 60_000);
  expect(answered).toBeLessThanOrEqual(60n * BigInt(minutes));
  expect(bob.client.contacts().filter(({ trusted }) => !trusted).length).toBeLessThanOrEqual(200);
  net.offsetMs += DAY_MS + 60_000;
  await bob.until((client) => client.contacts().length === 1);
  expect(bob.client.contacts()).toMatchObject([{ peer: alice.id, trusted: true }]);
});

it("accepts a known person at once in the middle of a flood", async () => {
  await using net = await GossipNet.start();
  const carol = await net.person("carol", { displayName: "code 1234" });
  const bob = await net.person("bob", {
    shouldAccept: ({ message }) => (message === "1234" ? "trusted" : true),
  });
  await strangersAnnounce(net.relay.url, bob.identity.publicKeys, 60);
  await carol.client.requestContact(bob.id, { message: "1234" });
  await strangersAnnounce(net.relay.url, bob.identity.publicKeys, 20);
  await carol.sendText(bob, "it is me");
  expect(await bob.next("message")).toMatchObject({ peer: carol.id, text: "it is me" });
});

it("does not take its own announcements for a stranger's", async () => {
  await using net = await GossipNet.start();
  const words = generateMnemonic();
  const identity = await identityFromMnemonic(words, defaultCrypto());
  const alice = await net.person("alice", { words });
  const relay = createHttpRelayClient({ url: net.relay.url });
  await strangersAnnounce(net.relay.url, alice.identity.publicKeys, 1, identity);
  const end = await relay.fetchBulletinCounter();
  expect(end).toBe(1n);
  const bob = await net.person("bob");
  await bob.client.requestContact(alice.id);
  expect(await alice.next("contact_request")).toMatchObject({ peer: bob.id });
  expect(alice.taken).toHaveLength(1);
});
