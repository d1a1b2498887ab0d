import type { DecodedMessage, Group } from "@xmtp/node-sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningLocalNode, startLocalNode } from "xmtp-local-node";
import { XmtpPeople, type XmtpPerson } from "../support/xmtp-people.ts";

/** Streams come back at once, so that a test need not wait the minute that clients wait by default. */
const COME_BACK = { retryDelay: 50, retryAttempts: 100, disableSync: true };

describe("real clients on a local node that misbehaves", () => {
  let node: RunningLocalNode;
  let people: XmtpPeople;
  let alice: XmtpPerson;
  let bob: XmtpPerson;
  let group: Group;
  let groupId: Buffer;

  beforeEach(async () => {
    node = await startLocalNode();
    people = new XmtpPeople(node.url);
    [alice, bob] = await Promise.all([people.join(), people.join()]);
    group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    groupId = Buffer.from(group.id, "hex");
    await bob.client.conversations.syncAll();
  });
  afterEach(async () => {
    await people[Symbol.asyncDispose]();
    await node.close();
  });

  async function bobsTexts(): Promise<unknown[]> {
    await bob.client.conversations.syncAll();
    const copy = await bob.client.conversations.getConversationById(group.id);
    return textsOf((await copy?.messages()) ?? []);
  }

  it.each(["UNAVAILABLE", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"] as const)(
    "a client whose sending fails twice with %s gets through the third time",
    async (code) => {
      const fault = node.faults.inject({
        kind: "fail",
        code,
        methods: ["SendGroupMessages"],
        times: 2,
      });
      await group.sendText("at last");
      expect(fault.hits).toBe(2);
      expect(await bobsTexts()).toEqual(["at last"]);
    },
  );

  it("a message whose answer is lost arrives once, though it is sent again", async () => {
    node.faults.inject({
      kind: "fail",
      code: "UNAVAILABLE",
      applied: true,
      methods: ["SendGroupMessages"],
      times: 1,
    });
    await group.sendText("once");
    expect(await bobsTexts()).toEqual(["once"]);
  });

  it("a client gives up sending when every call fails", async () => {
    const fault = node.faults.inject({
      kind: "fail",
      code: "INTERNAL",
      methods: ["SendGroupMessages"],
      match: (request) => Buffer.from(request).includes(groupId),
    });
    await expect(group.sendText("never")).rejects.toThrow(/GroupError/u);
    fault.remove();
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await other.sendText("another group works");
    expect(await bobsTexts()).toEqual([]);
  });

  it("a call that hangs ends when its fault is removed", async () => {
    const fault = node.faults.inject({
      kind: "hang",
      methods: ["SendGroupMessages"],
      times: 1,
    });
    const sending = group.sendText("late");
    await fault.reached(1);
    fault.remove();
    await sending;
    expect(await bobsTexts()).toEqual(["late"]);
  });

  it("a slow node is slow", async () => {
    const before = performance.now();
    node.faults.inject({ kind: "delay", delayMs: 150, methods: ["SendGroupMessages"], times: 1 });
    await group.sendText("slowly");
    expect(performance.now() - before).toBeGreaterThanOrEqual(149);
  });

  it("a stream that the node drops comes back and misses nothing", async () => {
    const stream = await bob.client.conversations.streamAllMessages(COME_BACK);
    const reading = readTexts(stream, 3);
    await group.sendText("before");
    expect(node.faults.dropStreams()).toBeGreaterThan(0);
    await group.sendText("meanwhile");
    await group.sendText("after");
    expect(await reading).toEqual(["before", "meanwhile", "after"]);
  });

  it("streams survive a node that stops and starts again on its port", async () => {
    const stream = await bob.client.conversations.streamAllMessages(COME_BACK);
    const reading = readTexts(stream, 2);
    await group.sendText("before");
    await node.stop();
    await node.start();
    await group.sendText("after");
    expect(await reading).toEqual(["before", "after"]);
  });

  it("what is withheld from streams can be queried, and comes when it is released", async () => {
    const stream = await bob.client.conversations.streamAllMessages({ disableSync: true });
    const reading = readTexts(stream, 1);
    const withheld = node.faults.withhold({ from: "streams", topic: groupId });
    await group.sendText("held");
    expect(withheld.held).toBeGreaterThan(0);
    withheld.release();
    expect(await reading).toEqual(["held"]);
    node.faults.withhold({ from: "streams" });
    await group.sendText("never streamed");
    expect(await bobsTexts()).toEqual(["held", "never streamed"]);
  });

  it("a stream that gets messages in the wrong order still gives each once", async () => {
    const stream = await bob.client.conversations.streamAllMessages({ disableSync: true });
    const reading = readTexts(stream, 3);
    const withheld = node.faults.withhold({ from: "streams", topic: groupId });
    for (const text of ["one", "two", "three"]) await group.sendText(text);
    withheld.release("reversed");
    const texts = await reading;
    expect(texts).toHaveLength(3);
    expect(new Set(texts)).toEqual(new Set(["one", "two", "three"]));
    expect(await bobsTexts()).toEqual(["one", "two", "three"]);
  });

  it("what is withheld from everyone is stored when it is released", async () => {
    const withheld = node.faults.withhold({ from: "everyone", topic: groupId });
    const sending = group.sendText("on its way").catch(() => undefined);
    await withheld.reached(1);
    expect(await bobsTexts()).toEqual([]);
    withheld.release();
    await sending;
    expect(await bobsTexts()).toEqual(["on its way"]);
  });
});

async function readTexts(stream: AsyncIterable<DecodedMessage>, count: number): Promise<unknown[]> {
  const texts: unknown[] = [];
  for await (const message of stream) {
    texts.push(...textsOf([message]));
    if (texts.length === count) break;
  }
  return texts;
}

function textsOf(messages: DecodedMessage[]): unknown[] {
  return messages
    .filter(({ contentType }) => contentType.typeId === "text")
    .map(({ content }) => content);
}
