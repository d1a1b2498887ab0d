import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "@xmtp/agent-sdk";
import type { Client, DecodedMessage } from "@xmtp/node-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalNode } from "xmtp-local-node";
import { XmtpPeople } from "../support/xmtp-people.ts";
import { startXmtpNode } from "../support/xmtp-node-process.ts";

const COME_BACK = { retryDelay: 50, retryAttempts: 100, disableSync: true };

/** Longer than a minute, in which clients ping four times, and nobody says anything. */
const IDLE_MS = 62_000;

describe.concurrent("clients that stay attached to a local node", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "xmtp-restart-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("go on, streams and all, when the node is killed and started again", async () => {
    const db = path.join(folder, "node.db");
    const first = await startXmtpNode("--port", "0", "--db", db);
    await using people = new XmtpPeople(first.url);
    const [alice, bob] = await Promise.all([people.join(), people.join()]);
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await bob.client.conversations.syncAll();
    const stream = await bob.client.conversations.streamAllMessages(COME_BACK);
    const reading = readTexts(stream, 3);
    await group.sendText("before the kill");

    await first.end("SIGKILL");
    await using second = await startXmtpNode("--port", String(first.port), "--db", db);

    expect(second.url).toBe(first.url);

    await group.sendText("after it");
    const next = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await next.sendText("in a new group");
    expect(await reading).toEqual(["before the kill", "after it", "in a new group"]);
    const newcomer = await people.join();
    await group.addMembers([newcomer.client.inboxId]);
    await group.sendText("with a newcomer");
    await newcomer.client.conversations.syncAll();
    expect(await lastText(newcomer.client, group.id)).toBe("with a newcomer");
  });

  it("answer as an agent of the agent SDK, in a direct conversation and in a group", async () => {
    await using node = await startLocalNode();
    await using people = new XmtpPeople(node.url);
    const [bot, human] = await Promise.all([people.join(), people.join()]);
    const agent = new Agent({ client: bot.client });
    const echoes: Promise<string>[] = [];
    agent.on("text", ({ message, conversation }) => {
      echoes.push(conversation.sendText(`echo: ${message.content}`));
    });
    await agent.start();
    const stream = await human.client.conversations.streamAllMessages();
    const reading = readTexts(stream, 4);
    const dm = await human.client.conversations.createDm(bot.client.inboxId);
    await dm.sendText("alone");
    const group = await human.client.conversations.createGroup([bot.client.inboxId]);
    await group.sendText("together");
    const texts = await reading;
    await Promise.all(echoes);
    await agent.stop();
    expect(new Set(texts)).toEqual(new Set(["alone", "together", "echo: alone", "echo: together"]));
  });

  it("get a message over a stream that was silent for more than a minute", async () => {
    await using node = await startLocalNode();
    await using people = new XmtpPeople(node.url);
    const [alice, bob] = await Promise.all([people.join(), people.join()]);
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await bob.client.conversations.syncAll();
    let restarts = 0;
    const stream = await bob.client.conversations.streamAllMessages({
      ...COME_BACK,
      onRestart: () => {
        restarts += 1;
      },
    });
    const reading = readTexts(stream, 1);
    // Nothing can be awaited here: that nothing happens is what is looked at.
    await sleep(IDLE_MS);
    const sentAtMs = performance.now();
    await dm.sendText("still there?");
    expect(await reading).toEqual(["still there?"]);
    expect(performance.now() - sentAtMs).toBeLessThan(10_000);
    expect(restarts).toBe(0);
  }, 120_000);
});

async function readTexts(stream: AsyncIterable<DecodedMessage>, count: number): Promise<unknown[]> {
  const texts: unknown[] = [];
  for await (const { content, contentType } of stream) {
    if (contentType.typeId === "text" && texts.push(content) === count) break;
  }
  return texts;
}

async function lastText(client: Client, conversationId: string): Promise<unknown> {
  const conversation = await client.conversations.getConversationById(conversationId);
  return (await conversation?.lastMessage())?.content;
}
