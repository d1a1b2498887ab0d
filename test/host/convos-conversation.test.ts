import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type Gateway } from "channel-testing";
import type { ConversationSummary } from "convos-node-sdk";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import type { ConvosPerson } from "../support/convos-people.ts";

const WAIT_MS = 60_000;
const WORD = /\bask-\w+/g;

let convos: ConvosHost;
let gateway: Gateway;
let alice: ConvosPerson;
let room: ConversationSummary;

beforeAll(async () => {
  convos = await prepareConvosHost({
    reply: ({ lastUserText }) => `answer to ${lastUserText.match(WORD)?.join(" ")}`,
    owners: async (net) => {
      alice = await net.person("alice");
      room = await alice.client.createConversation({ name: "Family" });
      return [`convos:${room.inboxId}`];
    },
  });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await convos?.[Symbol.asyncDispose]();
});

describe("an agent in a conversation", () => {
  it("is set up with an invite from a file, joins when the gateway runs, and answers its owner", async () => {
    const { url } = await alice.client.createInvite(room.id, { preview: true });
    const printed = await convos.addByInvite(url);
    expect(printed).toContain('asks to join "Family"');
    expect(printed).not.toContain(url.slice(-20));

    gateway = await startGateway(convos.host);
    await gateway.log.waitFor(new RegExp(`in conversation ${room.id}`), { timeoutMs: WAIT_MS });
    const asked = await alice.sendText(room.id, "hello, ask-one");
    expect(await alice.next("reaction")).toMatchObject({ targetId: asked, emoji: "👀" });
    expect(await alice.next("message")).toMatchObject({ text: "answer to ask-one" });
    expect(convos.turnsAbout("ask-one")).toHaveLength(1);
  });
});
