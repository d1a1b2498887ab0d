import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { openRemoteAttachment } from "convos-node-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConvosCli } from "../support/convos-cli.ts";
import { startConvosCliNode } from "../support/convos-cli-node.ts";
import { ConvosNet, type ConvosPerson } from "../support/convos-people.ts";
import { XmtpPeople } from "../support/xmtp-people.ts";

/** Half of them made by the CLI, half by our client. */
const CONVERSATIONS = 20;

describe("our client and the unmodified Convos CLI", { timeout: 180_000 }, () => {
  let net: ConvosNet;
  let agent: ConvosPerson;

  beforeAll(async () => {
    net = await ConvosNet.start(await startConvosCliNode());
    agent = await net.person("Agent");
  }, 310_000);
  afterAll(() => net[Symbol.asyncDispose]());

  it("talk in a conversation that the CLI made", async () => {
    const phone = new ConvosCli(net.folderFor("creating-phone"));
    await using served = await phone.serve(undefined, { name: "Boat", profileName: "Alice" });
    const id = served.conversationId;
    expect(await agent.join(served.inviteUrl)).toMatchObject({ id, name: "Boat", memberCount: 2 });
    const own = inboxIn(agent, id);
    await served.next("member_joined", ({ inboxId }) => inboxId === own);
    await served.next("profile_update", ({ name }) => name === "Agent");

    const question = await served.send("who sails?");
    expect(await agent.next("message")).toMatchObject({
      conversationId: id,
      senderInboxId: served.inboxId,
      messageId: question,
      text: "who sails?",
    });
    await agent.client.setTyping(id, true);
    await served.next("typing", ({ isTyping }) => isTyping);
    const thinking = { targetMessageId: question, content: "the crew list" };
    await agent.client.setThinking(id, { state: "start", ...thinking });
    await served.next("thinking", ({ targetMessageId }) => targetMessageId === question);
    const answer = await agent.send(id, { type: "reply", text: "I do", replyTo: question });
    await served.message(`reply to "who sails?" (${question}): I do`);
    await agent.send(id, { type: "reaction", emoji: "⛵", messageId: question });
    await served.message(`reacted ⛵ to ${question}`);
    await served.send("good", answer);
    expect(await agent.next("message")).toMatchObject({ text: "good", replyTo: answer });
    await served.order({ type: "react", messageId: answer, emoji: "👍" });
    expect(await agent.next("reaction")).toMatchObject({ emoji: "👍", targetId: answer });

    // Lock and unlock of the CLI: the invites end each time, and the talk goes on.
    for (const type of ["lock", "unlock"] as const) {
      const before = tagIn(agent, id);
      await served.order({ type });
      await agent.until(() => tagIn(agent, id) !== before);
      await served.send(type);
      expect(await agent.next("message")).toMatchObject({ text: type });
    }

    await served.order({ type: "rename", name: "Big boat" });
    expect(await agent.next("conversation_updated")).toMatchObject({ field: "name" });
    await agent.client.updateConversation(id, { name: "Small boat" });
    await served.message(/Small boat/);
    await served.order({ type: "explode" });
    expect(await agent.next("ended")).toMatchObject({ conversationId: id, how: "exploded" });
  });

  it("exchange files, ours within the message, the CLI's by a link", async () => {
    const phone = new ConvosCli(net.folderFor("file-phone"));
    const { id } = await agent.client.createConversation({ name: "Files" });
    const { url } = await agent.client.createInvite(id);
    expect(await phone.join(url)).toMatchObject({ status: "joined", conversationId: id });
    const file = net.folderFor("list.txt");
    writeFileSync(file, "rope, sail");
    const encrypted = await phone.encrypt(file);
    const served = await phone.serve(id);
    await served.sendFile("https://files.example/list", encrypted);
    const { url: link, ...event } = await agent.next("remote_attachment");
    expect(link).toBe("https://files.example/list");
    const opened = openRemoteAttachment(readFileSync(encrypted.encryptedFile), event);
    expect(Buffer.from(opened.bytes).toString()).toBe("rope, sail");
    const sent = await agent.send(id, {
      type: "attachment",
      filename: "answer.txt",
      mimeType: "text/plain",
      bytes: Buffer.from("anchor"),
    });
    await served.message("[attachment: answer.txt (text/plain)]");
    await served.stop();
    const { outputPath } = await phone.downloadAttachment(id, sent, net.folderFor("answer.txt"));
    expect(readFileSync(outputPath, "utf8")).toBe("anchor");
  });

  it("talk in a conversation that our client made, lock it, and end it", async () => {
    const [phone, late] = ["phone", "late"].map((name) => new ConvosCli(net.folderFor(name)));
    const { id } = await agent.client.createConversation({ name: "Ours" });
    const { url } = await agent.client.createInvite(id);
    const { inboxId } = await phone!.join(url, { profileName: "Bob" });
    await using served = await phone!.serve(id);
    expect(await agent.client.members(id)).toContainEqual(
      expect.objectContaining({ inboxId, name: "Bob", role: "member" }),
    );
    await agent.sendText(id, "welcome");
    await served.message("welcome");
    await served.send("thanks");
    expect(await agent.next("message")).toMatchObject({ text: "thanks", senderInboxId: inboxId });
    await agent.client.lock(id);
    const refused = await late!.join(url, { waitS: 4 });
    expect(refused.status).toBe("timeout");
    expect(await agent.client.members(id)).toHaveLength(2);
    await agent.client.explode(id);
    await served.next("explode_notice");
    await served.stop();
    expect((await phone!.info(id)).conversation.isActive).toBe(false);
  });

  it(
    `share ${CONVERSATIONS} conversations at once, in each of them as somebody else`,
    { timeout: 300_000 },
    async () => {
      const busy = await net.person("Busy");
      const phone = new ConvosCli(net.folderFor("busy-phone"));
      const half = CONVERSATIONS / 2;
      const theirs: string[] = [];
      for (let index = 0; index < half; index++) {
        const { conversationId, invite } = await phone.create({ name: `Theirs ${index}` });
        await busy.client.join(invite.url);
        theirs.push(conversationId);
      }
      const ours: string[] = [];
      for (let index = 0; index < half; index++) {
        const { id } = await busy.client.createConversation({ name: `Ours ${index}` });
        const { url } = await busy.client.createInvite(id);
        await phone.join(url, { waitS: 0 });
        ours.push(id);
      }
      expect(await phone.processJoinRequests()).toBe(half);
      await busy.until((client) => client.pendingJoins().length === 0);
      await busy.until((client) =>
        client.conversations().every(({ memberCount }) => memberCount > 1),
      );
      await phone.sync();
      const all = [...theirs, ...ours];
      for (const id of all) {
        await busy.sendText(id, `hello ${id}`);
        await phone.sendText(id, `back ${id}`);
      }
      const heard = new Set<string>();
      while (heard.size < all.length) {
        const { text, conversationId } = await busy.next("message");
        expect(text).toBe(`back ${conversationId}`);
        heard.add(conversationId);
      }

      await using people = new XmtpPeople(net.node.url);
      const asker = await people.join();
      const inboxIds = busy.client.conversations().map(({ inboxId }) => inboxId);
      const states = await asker.client.preferences.fetchInboxStates(inboxIds);
      const files = readdirSync(`${busy.folder}/inboxes`, { recursive: true, encoding: "utf8" });
      const values = {
        inboxes: inboxIds,
        addresses: states.flatMap(({ identifiers }) => identifiers.map((one) => one.identifier)),
        installations: states.flatMap(({ installations }) => installations.map(({ id }) => id)),
        databases: files.filter((file) => /\.(?:db3|sqlite|db)$/u.test(file)),
      };
      const counts = Object.entries(values).map(([kind, list]) => [kind, new Set(list).size]);
      expect(Object.fromEntries(counts)).toEqual({
        inboxes: CONVERSATIONS,
        addresses: CONVERSATIONS,
        installations: CONVERSATIONS,
        databases: CONVERSATIONS,
      });
    },
  );
});

function tagIn({ client }: ConvosPerson, conversationId: string): string | undefined {
  return client.conversations().find(({ id }) => id === conversationId)?.tag;
}

function inboxIn({ client }: ConvosPerson, conversationId: string): string | undefined {
  return client.conversations().find(({ id }) => id === conversationId)?.inboxId;
}
