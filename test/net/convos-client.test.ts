import { expect, it } from "vitest";
import { ConvosNet, meet } from "../support/convos-people.ts";

it("makes a conversation, invites, lets in, and talks in every kind of message, both ways", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await alice.client.createConversation({ name: "Room", description: "Ours" });
  const { url } = await alice.client.createInvite(id, { preview: true });
  expect(await bob.join(url)).toMatchObject({
    id,
    name: "Room",
    description: "Ours",
    state: "active",
    memberCount: 2,
    isCreator: false,
  });
  expect(await bob.next("joined")).toMatchObject({ conversationId: id });
  const [bobsInbox] = bob.client.conversations().map(({ inboxId }) => inboxId);
  expect(await alice.next("members_changed")).toMatchObject({ added: [bobsInbox], removed: [] });
  const [alices] = alice.client.conversations();
  expect(bob.client.conversations()).toMatchObject([{ onlyOtherInboxId: alices?.inboxId }]);
  await expect
    .poll(() => alice.client.conversations())
    .toMatchObject([{ onlyOtherInboxId: bobsInbox }]);

  const first = await bob.sendText(id, "hello");
  expect(await alice.next("message")).toMatchObject({
    conversationId: id,
    senderInboxId: bobsInbox,
    messageId: first,
    text: "hello",
  });
  expect([bob, alice].map(({ client }) => client.isOurs(id, first))).toEqual([true, false]);
  await alice.send(id, { type: "reply", text: "hi", replyTo: first });
  expect(await bob.next("message")).toMatchObject({ text: "hi", replyTo: first });
  await alice.send(id, { type: "reaction", emoji: "👍", messageId: first });
  expect(await bob.next("reaction")).toMatchObject({
    emoji: "👍",
    targetId: first,
    removed: false,
  });
  await alice.send(id, { type: "reaction", emoji: "👍", messageId: first, remove: true });
  expect(await bob.next("reaction")).toMatchObject({ targetId: first, removed: true });
  await alice.send(id, {
    type: "attachment",
    filename: "a.txt",
    mimeType: "text/plain",
    bytes: Uint8Array.of(1, 2, 3),
  });
  expect(await bob.next("attachment")).toMatchObject({
    filename: "a.txt",
    mimeType: "text/plain",
    bytes: Uint8Array.of(1, 2, 3),
  });
  const members = await bob.client.members(id);
  expect(
    members.toSorted((one, other) => (one.name ?? "").localeCompare(other.name ?? "")),
  ).toEqual([
    expect.objectContaining({ name: "alice", role: "super_admin", kind: "agent" }),
    expect.objectContaining({ name: "bob", role: "member", kind: "agent" }),
  ]);
});

it("offers what was sent while we were away, once, and an event again until it was marked", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await bob.stop();
  await alice.sendText(id, "one");
  await alice.sendText(id, "two");
  await bob.start();
  expect(await bob.next("message")).toMatchObject({ text: "one" });
  await bob.until((client) => client.status().unhandled === 1);
  await bob.restart();
  expect(await bob.take()).toMatchObject({ type: "message", text: "two" });
  await bob.until((client) => client.status().connected);
  await alice.sendText(id, "three");
  expect(await bob.take()).toMatchObject({ type: "message", text: "three" });
});

it("goes on by itself when the node was down, with what was queued on both sides meanwhile", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await alice.next("profile_changed");
  await alice.until((client) => client.status().queueDepth === 0);
  await bob.until((client) => client.status().queueDepth === 0);
  await net.node.stop();
  await bob.until((client) => !client.status().connected);
  await alice.until((client) => !client.status().connected);
  await alice.client.send(id, { type: "text", text: "from alice" }, { key: "away" });
  await bob.client.send(id, { type: "text", text: "from bob" }, { key: "away" });
  expect(bob.client.status()).toMatchObject({
    queueDepth: 1,
    lastErrorCode: "network_unreachable",
  });
  await net.node.start();
  expect(await bob.next("message")).toMatchObject({ text: "from alice" });
  expect(await alice.next("message")).toMatchObject({ text: "from bob" });
  await bob.until((client) => client.status().connected && client.status().queueDepth === 0);
});
