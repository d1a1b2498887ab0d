import type { SentMessage } from "gossip-sdk";
import { expect, it } from "vitest";
import { connect, GossipNet, type Person } from "../support/gossip-people.ts";

it("talks in every message kind, both ways, with ids that later messages can cite", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [
    await net.person("alice", { displayName: "Alice" }),
    await net.person("bob"),
  ];
  await alice.client.requestContact(bob.id, { message: "It's me" });
  expect(await bob.next("contact_request")).toMatchObject({
    peer: alice.id,
    username: "Alice",
    message: "It's me",
    accepted: true,
  });
  const text = await alice.sendText(bob, "text");
  expect(await bob.next("message")).toMatchObject({ peer: alice.id, text: "text" });
  const citedId = text.messageId;
  await bob.client.send(alice.id, { type: "reply", text: "reply", citedId });
  expect(await alice.next("message")).toMatchObject({ text: "reply", replyTo: citedId });
  await alice.delivered(bob, text);

  const reaction = await bob.client.send(alice.id, { type: "reaction", emoji: "👍", citedId });
  expect(await alice.next("reaction")).toMatchObject({ emoji: "👍", citedId });
  await bob.client.send(alice.id, { type: "delete", citedId: reaction.messageId });
  expect(await alice.next("reaction_removed")).toMatchObject({
    citedId,
    messageId: reaction.messageId,
  });

  await alice.client.send(bob.id, {
    type: "forward",
    text: "look",
    forwardedText: "original",
    author: bob.id,
  });
  expect(await bob.next("message")).toMatchObject({
    text: "look",
    forwarded: { text: "original", author: bob.id },
  });
  await alice.client.send(bob.id, { type: "edit", citedId, text: "better text" });
  expect(await bob.next("edit")).toMatchObject({ citedId, text: "better text" });
  await alice.client.send(bob.id, { type: "delete", citedId });
  expect(await bob.next("delete")).toMatchObject({ citedId });
  await alice.client.send(bob.id, { type: "retention", seconds: 3600 });
  expect(await bob.next("retention")).toMatchObject({ seconds: 3600 });
});

it("makes one session when both ask each other at the same moment", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await Promise.all([alice.client.requestContact(bob.id), bob.client.requestContact(alice.id)]);
  const messages = [await alice.sendText(bob, "from alice"), await bob.sendText(alice, "from bob")];
  expect(await bob.next("message")).toMatchObject({ text: "from alice" });
  expect(await alice.next("message")).toMatchObject({ text: "from bob" });
  expect(messages).toHaveLength(2);
});

it("takes up where it stopped after a restart, with the same session and what was queued meanwhile", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.stop();
  await bob.sendText(alice, "while you were away");
  await alice.start();
  expect(await alice.next("message")).toMatchObject({ text: "while you were away" });
  await bob.restart();
  await alice.delivered(bob, await sendAndAnswer(alice, bob));
  expect(net.relay.stats().newestCounter).toBe(2n);
});

it("offers an event again after a restart until it was marked as handled", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.sendText(bob, "first");
  await alice.sendText(bob, "second");
  const seen: string[] = [];
  for (const times of [1, 2]) {
    const stop = new AbortController();
    for await (const event of bob.client.events({ signal: stop.signal })) {
      seen.push(`${times}: ${event.type === "message" ? event.text : event.type}`);
      if (event.type === "message" && event.text === "second") stop.abort();
    }
    await bob.restart();
  }
  expect(seen).toEqual(["1: first", "1: second", "2: first", "2: second"]);
  await bob.next("message");
  await bob.next("message");
  await bob.restart();
  expect(bob.client.status().unhandled).toBe(0);
});

it("sends a message once, however often the same id is given", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  const messageId = new Uint8Array(12).fill(7);
  const content = { type: "text", text: "once" } as const;
  await alice.client.send(bob.id, content, { messageId });
  await alice.client.send(bob.id, content, { messageId });
  const { signal } = new AbortController();
  await alice.client.whenStatus(bob.id, messageId, "sent", { signal });
  await bob.next("message");
  const answer = await bob.sendText(alice, "answer");
  await alice.next("message");
  expect((await alice.client.send(bob.id, content, { messageId })).status).toBe("delivered");
  await alice.sendText(bob, "next");
  await bob.delivered(alice, answer);
  await bob.next("message");
  expect(bob.texts).toEqual(["hello", "once", "next"]);
});

it("keeps a request waiting until it is accepted, by hand or by a new policy at the next start", async () => {
  await using net = await GossipNet.start();
  let isOpen = false;
  const bob = await net.person("bob", { shouldAccept: () => isOpen && "trusted" });
  const [alice, carol] = [await net.person("alice"), await net.person("carol")];
  await alice.client.requestContact(bob.id);
  await carol.client.requestContact(bob.id);
  await alice.sendText(bob, "from alice");
  await carol.sendText(bob, "from carol");
  expect(await bob.next("contact_request")).toMatchObject({ accepted: false });
  expect(await bob.next("contact_request")).toMatchObject({ accepted: false });
  expect(bob.client.status().pendingRequests).toBe(2);
  await bob.client.acceptContact(alice.id);
  expect(await bob.next("message")).toMatchObject({ text: "from alice" });
  isOpen = true;
  await bob.restart();
  expect(await bob.next("message")).toMatchObject({ text: "from carol" });
});

it("forgets a contact with everything queued, and takes a new request of it", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await bob.client.removeContact(alice.id);
  expect(bob.client.contacts()).toEqual([]);
  await expect(bob.sendText(alice, "gone")).rejects.toMatchObject({ code: "unknown_peer" });
  await alice.client.requestContact(bob.id, { message: "again" });
  expect(await bob.next("contact_request")).toMatchObject({ message: "again" });
  await alice.delivered(bob, await sendAndAnswer(alice, bob));
});

it("refuses what cannot be sent, and says why", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const stranger = await net.person("stranger");
  await alice.client.requestContact(bob.id);
  await expect(alice.sendText(stranger, "x")).rejects.toMatchObject({ code: "unknown_peer" });
  await expect(alice.sendText(bob, "x".repeat(1024 * 1024))).rejects.toMatchObject({
    code: "too_large",
  });
  await expect(alice.client.requestContact(alice.id)).rejects.toMatchObject({
    code: "unknown_peer",
  });
  const unknown = alice.client.whenStatus(bob.id, new Uint8Array(12), "sent", {
    signal: new AbortController().signal,
  });
  await expect(unknown).rejects.toMatchObject({ code: "unknown_message" });
});

async function sendAndAnswer(from: Person, to: Person): Promise<SentMessage> {
  const sent = await from.sendText(to, "question");
  await to.next("message");
  await to.sendText(from, "answer");
  await from.next("message");
  return sent;
}
