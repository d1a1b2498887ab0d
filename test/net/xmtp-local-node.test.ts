import type { Client, DecodedMessage } from "@xmtp/node-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { createWallet } from "../../packages/xmtp-local-node/test-support/wallet.ts";
import { REACTION_ADDED, REACTION_UNICODE } from "../support/xmtp-enums.ts";
import { identifierOf, XmtpPeople, type XmtpPerson } from "../support/xmtp-people.ts";

describe("the real XMTP client on a local node", () => {
  const unknownCalls: string[] = [];
  let node: RunningLocalNode;
  let people: XmtpPeople;
  let alice: XmtpPerson;
  let bob: XmtpPerson;
  let carol: XmtpPerson;

  beforeAll(async () => {
    node = await startLocalNode({ log: (line) => unknownCalls.push(line) });
    people = new XmtpPeople(node.url);
    [alice, bob, carol] = await Promise.all([people.join(), people.join(), people.join()]);
  });
  afterAll(async () => {
    await people[Symbol.asyncDispose]();
    await node.close();
  });

  it("registers, and tells who can be reached", async () => {
    const stranger = createWallet();
    const reachable = await alice.client.canMessage([
      identifierOf(bob.wallet),
      identifierOf(stranger),
    ]);
    expect(Object.fromEntries(reachable)).toEqual({
      [bob.wallet.address]: true,
      [stranger.address]: false,
    });
    expect(await alice.client.fetchInboxIdByIdentifier(identifierOf(bob.wallet))).toBe(
      bob.client.inboxId,
    );
  });

  it("brings a direct message to a stream, and to a later sync", async () => {
    const stream = await bob.client.conversations.streamAllMessages();
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await dm.sendText("first");
    expect(await nextText(stream)).toBe("first");
    await stream.end();
    await dm.sendText("second");
    expect(await syncedTexts(bob.client, dm.id)).toEqual(["first", "second"]);
  });

  it("carries a group through its life: members, admins, name, description, 8 KB of metadata", async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await group.addMembers([carol.client.inboxId]);
    await group.removeMembers([carol.client.inboxId]);
    await group.addMembersByIdentifiers([identifierOf(carol.wallet)]);
    await group.addAdmin(bob.client.inboxId);
    await group.updateName("The boat");
    await group.updateDescription("Who comes along");
    await group.updateAppData("x".repeat(8_192));
    for (const { client } of [bob, carol]) {
      await client.conversations.syncAll();
      const same = await groupOf(client, group.id);
      expect(same.name).toBe("The boat");
      expect(same.description).toBe("Who comes along");
      expect(same.appData).toHaveLength(8_192);
      expect(same.isAdmin(bob.client.inboxId)).toBe(true);
      expect(await same.members()).toHaveLength(3);
    }
  });

  it("keeps what was sent to somebody removed away from them", async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await bob.client.conversations.syncAll();
    await group.removeMembers([bob.client.inboxId]);
    await group.sendText("without Bob");
    expect(await syncedTexts(bob.client, group.id)).toEqual([]);
    expect((await groupOf(bob.client, group.id)).isActive).toBe(false);
  });

  it("carries reactions, markdown, receipts, and an attachment of 1.1 MB", async () => {
    const dm = await alice.client.conversations.createDm(carol.client.inboxId);
    const stream = await carol.client.conversations.streamAllMessages();
    const reference = await dm.sendText("base");
    const { inboxId: referenceInboxId } = alice.client;
    await dm.sendReaction({
      reference,
      referenceInboxId,
      action: REACTION_ADDED,
      content: "+1",
      schema: REACTION_UNICODE,
    });
    await dm.sendMarkdown("**bold**");
    await dm.sendReadReceipt();
    const content = new Uint8Array(1_100_000).fill(3);
    await dm.sendAttachment({ filename: "a.bin", mimeType: "application/octet-stream", content });
    const messages: DecodedMessage[] = [];
    for await (const message of stream) if (messages.push(message) === 5) break;
    const types = messages.map(({ contentType }) => contentType.typeId);
    expect(types).toEqual(["text", "reaction", "markdown", "readReceipt", "attachment"]);
    expect(messages.at(-1)?.content).toMatchObject({ filename: "a.bin", content });
  });

  it("catches up on more than one page of messages, in order", async () => {
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await bob.client.conversations.syncAll();
    const before = (await messagesOf(bob.client, dm.id)).length;
    const texts = Array.from({ length: 230 }, (_, n) => `line ${n}`);
    for (const text of texts) await dm.sendText(text, { optimistic: true });
    await dm.publishMessages();
    const received = await syncedTexts(bob.client, dm.id);
    expect(received.slice(before)).toEqual(texts);
  });

  it("lets many members in at once, through one welcome and pointers to it", async () => {
    const guests = await Promise.all([people.join(), people.join(), people.join()]);
    const { welcomeMessages: before } = node.stats();
    const inboxIds = guests.map(({ client }) => client.inboxId);
    const group = await alice.client.conversations.createGroup(inboxIds);
    // The welcome itself, and a pointer for each of the three.
    expect(node.stats().welcomeMessages - before).toBe(4);
    await group.sendText("all here?");
    for (const { client } of guests) {
      expect(await syncedTexts(client, group.id)).toEqual(["all here?"]);
    }
  });

  it("settles commits of several members at once in one order for all", async () => {
    const group = await alice.client.conversations.createGroup([
      bob.client.inboxId,
      carol.client.inboxId,
    ]);
    const clients = [alice.client, bob.client, carol.client];
    for (const client of clients) await client.conversations.syncAll();
    const copies = await Promise.all(clients.map((client) => groupOf(client, group.id)));
    // Some of them may give up after their retries; what counts is that nobody ends up apart.
    await Promise.allSettled(copies.map((copy, n) => copy.updateName(`name ${n}`)));
    for (const client of clients) await client.conversations.syncAll();
    const names = copies.map(({ name }) => name);
    expect(new Set(names).size).toBe(1);
    await group.sendText("still together");
    for (const client of clients) {
      expect((await syncedTexts(client, group.id)).at(-1)).toBe("still together");
    }
  });

  it("streams to a client that has opened its database again what came meanwhile", async () => {
    const dave = await people.join();
    const dm = await alice.client.conversations.createDm(dave.client.inboxId);
    await dm.sendText("one");
    expect(await syncedTexts(dave.client, dm.id)).toEqual(["one"]);
    const again = await people.reopen(dave);
    expect(again.client.installationId).toBe(dave.client.installationId);
    await dm.sendText("two");
    const stream = await again.client.conversations.streamAllMessages({ disableSync: true });
    expect(await nextText(stream)).toBe("two");
    await stream.end();
  });

  it("was never asked for a call that it does not know", () => {
    expect(unknownCalls).toEqual([]);
  });
});

async function nextText(stream: AsyncIterable<DecodedMessage>): Promise<unknown> {
  for await (const { content } of stream) return content;
  return undefined;
}

async function messagesOf(client: Client, conversationId: string): Promise<DecodedMessage[]> {
  const conversation = await client.conversations.getConversationById(conversationId);
  if (conversation === undefined) throw new Error("no such conversation");
  const messages = await conversation.messages();
  return messages.filter(({ contentType }) => contentType.typeId !== "group_updated");
}

async function syncedTexts(client: Client, conversationId: string): Promise<unknown[]> {
  await client.conversations.syncAll();
  const messages = await messagesOf(client, conversationId);
  return messages.map(({ content }) => content);
}

async function groupOf(client: Client, id: string) {
  const conversation = await client.conversations.getConversationById(id);
  if (conversation === undefined || !("updateName" in conversation)) throw new Error("no group");
  return conversation;
}
