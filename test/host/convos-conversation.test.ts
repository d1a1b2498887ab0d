import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type Gateway } from "channel-testing";
import { ConvosCli } from "../support/convos-cli.ts";
import type { ServedConversation } from "../support/convos-cli-serve.ts";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import type { ConvosPerson } from "../support/convos-people.ts";

const WAIT_MS = 60_000;
const WORD = /\bask-\w+/g;

let convos: ConvosHost;
let gateway: Gateway;
/** The owner's phone: the unmodified Convos CLI, in the conversation that it made. */
let phone: ServedConversation;
let bob: ConvosPerson;

beforeAll(async () => {
  convos = await prepareConvosHost({
    reply: ({ lastUserText }) => `answer to ${lastUserText.match(WORD)?.join(" ")}`,
    owners: async (net) => {
      const cli = new ConvosCli(net.folderFor("phone"));
      phone = await cli.serve(undefined, { name: "Family", profileName: "Alice" });
      return [`convos:${phone.inboxId}`];
    },
  });
}, 400_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await phone?.[Symbol.asyncDispose]();
  await convos?.[Symbol.asyncDispose]();
});

async function start(): Promise<void> {
  gateway = await startGateway(convos.host);
  const joined = new RegExp(`in conversation ${phone.conversationId}`);
  await gateway.log.waitFor(joined, { timeoutMs: WAIT_MS });
}

/** Words of requests to the model, in any part of them. */
function everAsked(word: string): boolean {
  return JSON.stringify(convos.model.requests).includes(word);
}

describe("an agent in a conversation of the unmodified Convos CLI", () => {
  it("is set up with an invite from a file, joins when the gateway runs, and answers its owner", async () => {
    const printed = await convos.addByInvite(phone.inviteUrl);
    expect(printed).toContain("The gateway asks to join");
    expect(printed).not.toContain(phone.inviteUrl.slice(-20));

    await start();
    const asked = await phone.send("hello, ask-one");
    await phone.message(`reacted 👀 to ${asked}`, WAIT_MS);
    await phone.message(/answer to ask-one/, WAIT_MS);
    expect(convos.turnsAbout("ask-one")).toHaveLength(1);
    expect(convos.host.readConfig()).toHaveProperty(
      "channels.convos.ownerConversationId",
      phone.conversationId,
    );
  });

  it("from the second person on waits for its name or a reply to it, and hears only the owner here", async () => {
    bob = await convos.net.person("Bob");
    await bob.join(phone.inviteUrl);
    await bob.sendText(phone.conversationId, "OpenClaw, ask-two");
    await phone.message(/ask-two/, WAIT_MS);
    await phone.send("to nobody: ask-three");
    await phone.send("@openclaw: ask-four");
    const answer = await phone.message(/answer to .*ask-four/, WAIT_MS);
    await phone.send("and ask-five?", answer.id);
    await phone.message(/answer to .*ask-five/, WAIT_MS);
    expect(everAsked("ask-two")).toBe(false);
    expect(everAsked("ask-three")).toBe(false);
  });

  it("answers once what was written while the gateway was down", async () => {
    await gateway.stop();
    await phone.send("OpenClaw, ask-six");
    await start();
    await phone.message(/answer to ask-six/, WAIT_MS);
    await phone.send("OpenClaw, ask-seven");
    await phone.message(/answer to ask-seven/, WAIT_MS);
    expect(convos.turnsAbout("ask-six")).toHaveLength(1);
    expect(everAsked("ask-two")).toBe(false);
  });
});
