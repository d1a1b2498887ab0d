// Direct conversations that somebody opens with one of our inboxes, from any XMTP app.
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { ConvosNet } from "../support/convos-people.ts";
import { XmtpPeople } from "../support/xmtp-people.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

it("hears a stranger who writes to the inbox of a conversation, and answers him alone", async () => {
  await using net = await ConvosNet.start();
  await using people = new XmtpPeople(net.node.url);
  const [bob, { client: stranger }] = [await net.person("bob"), await people.join()];
  const { id: group, inboxId } = await bob.client.createConversation();
  const direct = await stranger.conversations.createDm(inboxId);
  const asked = await direct.sendText("are you there?");

  const heard = await bob.next("message");
  expect(heard).toMatchObject({
    conversationId: direct.id,
    senderInboxId: stranger.inboxId,
    messageId: asked,
    text: "are you there?",
  });
  expect(bob.client.conversations()).toMatchObject([
    { id: group, kind: "group" },
    { id: direct.id, kind: "dm", peerInboxId: stranger.inboxId, inboxId, state: "active" },
  ]);
  expect(bob.client.status().conversations).toBe(1);
  expect(await bob.client.members(direct.id)).toMatchObject([
    { inboxId, kind: "agent" },
    { inboxId: stranger.inboxId },
  ]);

  await bob.client.setTyping(direct.id, true);
  const answered = await bob.send(direct.id, { type: "reply", text: "yes", replyTo: asked });
  expect(bob.client.isOurs(direct.id, answered)).toBe(true);
  expect(bob.client.isOurs(group, answered)).toBe(false);
  await direct.sync();
  const texts = await direct.messages();
  expect(texts.map(({ id }) => id)).toContain(answered);
  const bytes = Uint8Array.from({ length: 900_000 }, (_, index) => index);
  const filed = await direct.sendAttachment({ filename: "a.bin", mimeType: "x/y", content: bytes });
  expect(await bob.next("attachment")).toMatchObject({ messageId: filed, filename: "a.bin" });
  expect(await bob.client.readAttachment(direct.id, filed)).toEqual(bytes);
  expect(await bob.client.readAttachment(group, filed)).toBeUndefined();
  expect(bob.client.hasReceived(direct.id, filed)).toBe(true);
  expect(bob.client.hasReceived(group, filed)).toBe(false);
  await expect(bob.client.explode(direct.id)).rejects.toMatchObject({ code: "not_allowed" });
  await expect(bob.client.createInvite(direct.id)).rejects.toMatchObject({ code: "not_allowed" });
});

it("keeps its place in a direct conversation over a restart, and its messages until they are handled", async () => {
  await using net = await ConvosNet.start();
  await using people = new XmtpPeople(net.node.url);
  const [bob, { client: stranger }] = [await net.person("bob"), await people.join()];
  const { inboxId } = await bob.client.createConversation();
  const direct = await stranger.conversations.createDm(inboxId);
  await direct.sendText("one");
  expect(await bob.next("message")).toMatchObject({ text: "one" });
  await bob.stop();
  await direct.sendText("two");
  await bob.start();
  expect(await bob.next("message")).toMatchObject({ conversationId: direct.id, text: "two" });
  await bob.client.send(direct.id, { type: "text", text: "three" }, { key: "three" });
  await bob.stop();
  await bob.start();
  const signal = AbortSignal.timeout(30_000);
  const { messageId } = await bob.client.whenSent(direct.id, "three", { signal });
  await direct.sync();
  const sent = (await direct.messages()).filter(({ id }) => id === messageId);
  expect(sent).toHaveLength(1);
});

it("takes a join request for what it is, and what its sender says besides for a message", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  await using peer = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await peer.write(inboxId, slug);
  // Nothing else came of the request: the next event after it is what he says.
  expect(await alice.take()).toMatchObject({ type: "members_changed", conversationId: id });
  await peer.write(inboxId, "and hello to you");
  expect(await alice.take()).toMatchObject({
    type: "message",
    senderInboxId: peer.inboxId,
    text: "and hello to you",
  });
  expect(alice.client.conversations()).toMatchObject([{ kind: "group" }, { kind: "dm" }]);
});

it("has one conversation with somebody who opened one on each of his devices", async () => {
  await using net = await ConvosNet.start();
  await using people = new XmtpPeople(net.node.url);
  const bob = await net.person("bob");
  const { inboxId } = await bob.client.createConversation();
  const phone = await people.join();
  const tablet = await people.join(phone.wallet);
  const onPhone = await phone.client.conversations.createDm(inboxId);
  const onTablet = await tablet.client.conversations.createDm(inboxId);
  expect(onTablet.id).not.toBe(onPhone.id);
  await onPhone.sendText("from the phone");
  const { conversationId } = await bob.next("message");
  await onTablet.sendText("from the tablet");
  expect(await bob.take()).toMatchObject({ conversationId, text: "from the tablet" });
  await bob.sendText(conversationId, "hello both");
  await onPhone.sendText("last");
  expect(await bob.take()).toMatchObject({ conversationId, text: "last" });
  expect(bob.client.conversations().filter(({ kind }) => kind === "dm")).toHaveLength(1);
  for (const { client } of [phone, tablet]) {
    await client.conversations.syncAll();
    const there = client.conversations.listDms().map(async (direct) => await direct.messages());
    const texts = (await Promise.all(there)).flat().map(({ content }) => content);
    expect(texts).toContain("hello both");
  }
});

it("counts the devices of a member of a group, who stays the same person", async () => {
  await using net = await ConvosNet.start();
  await using people = new XmtpPeople(net.node.url);
  const [bob, phone] = [await net.person("bob"), await people.join()];
  const { id, inboxId } = await bob.client.createConversation();
  const { slug } = await bob.client.createInvite(id);
  await (await phone.client.conversations.createDm(inboxId)).sendText(slug);
  await bob.next("members_changed");
  const devices = async (): Promise<(number | undefined)[]> =>
    (await bob.client.members(id))
      .filter((member) => member.inboxId === phone.client.inboxId)
      .map(({ installationIds }) => installationIds?.length);
  expect(await devices()).toEqual([1]);
  await people.join(phone.wallet);
  await phone.client.conversations.sync();
  const group = await phone.client.conversations.getConversationById(id);
  // XMTP looks for new devices of members when somebody writes, at most every five seconds.
  const write = async (): Promise<(number | undefined)[]> => {
    await group?.sendText("from two devices now");
    return devices();
  };
  await expect.poll(write, { interval: 1_000, timeout: 20_000 }).toEqual([2]);
  expect(await bob.next("message")).toMatchObject({ senderInboxId: phone.client.inboxId });
});

it("wipes direct conversations together with the conversation whose inbox they used", async () => {
  await using net = await ConvosNet.start();
  await using people = new XmtpPeople(net.node.url);
  const [alice, { client: stranger }] = [await net.person("alice"), await people.join()];
  const { id, inboxId } = await alice.client.createConversation();
  const direct = await stranger.conversations.createDm(inboxId);
  await direct.sendText("canary");
  await alice.next("message");
  await alice.client.explode(id);
  const ended = [await alice.next("ended"), await alice.next("ended")];
  expect(ended.map(({ conversationId }) => conversationId).toSorted()).toEqual(
    [id, direct.id].toSorted(),
  );
  expect(existsSync(`${alice.folder}/inboxes/0`)).toBe(false);
  await expect(
    alice.client.send(direct.id, { type: "text", text: "?" }, { key: "late" }),
  ).rejects.toMatchObject({ code: "not_allowed" });
  await alice.restart();
  expect(alice.client.conversations().map(({ kind, state }) => [kind, state])).toEqual([
    ["group", "exploded"],
    ["dm", "exploded"],
  ]);
});
