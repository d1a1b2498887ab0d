import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pollUntil } from "channel-testing";
import type { JsonObject, ModelReply, ModelRequest } from "channel-testing";
import { userIdFromBytes } from "gossip-sdk";
import type { GossipEvent, GossipUserId, OutgoingContent } from "gossip-sdk";
import type { GossipPerson } from "../../scripts/start/gossip-person.ts";
import { startGossipHost } from "../support/gossip-host.ts";
import type { GossipHost } from "../support/gossip-host.ts";

const WAIT_MS = 60_000;

let gossip: GossipHost;
let alice: GossipPerson;
let bob: GossipPerson;
let bot: GossipUserId;

/** What the model is told to do: `CALL` and the arguments of the message tool; then it says what came of it. */
const CALL = /CALL (\{.*\}) #(\d+)/;

/** A valid id whose owner never wrote. */
const NEVER_APPROVED = userIdFromBytes(new Uint8Array(32).fill(9));

const called = new Set<string>();
/** What the tool said, by the number of the call. */
const outcomes = new Map<string, string>();

function reply({ lastUserText, messages, toolNames }: ModelRequest): ModelReply {
  const [, call, number = ""] = CALL.exec(lastUserText) ?? [];
  if (call === undefined) return `answer to ${/\b[a-z]+-\d\b/.exec(lastUserText)?.[0]}`;
  if (!called.has(number)) {
    called.add(number);
    const args: JsonObject = JSON.parse(call);
    // The host hides the tool behind its tool search, unless the model has few tools.
    return toolNames.includes("message")
      ? { toolCalls: [{ name: "message", arguments: args }] }
      : { toolCalls: [{ name: "tool_call", arguments: { id: "message", args } }] };
  }
  const result = messages.findLast(({ role }) => role === "tool")?.text ?? "";
  outcomes.set(number, result);
  return `outcome ${number}: ${result}`;
}

beforeAll(async () => {
  gossip = await startGossipHost({
    async section(network) {
      [alice, bob] = await Promise.all([network.openPerson("alice"), network.openPerson("bob")]);
      return { enabled: true, dmPolicy: "allowlist", allowFrom: [alice.id, bob.id] };
    },
    reply,
  });
  bot = await gossip.network.findBot(gossip.gateway, "default", WAIT_MS);
  // Both are known to the bot: what it wanted to send them would arrive.
  for (const [person, text] of [
    [alice, "hello-1"],
    [bob, "hello-2"],
  ] as const) {
    await person.say(bot, text);
    await person.hear(bot, (heard) => heard === `answer to ${text}`, WAIT_MS);
  }
});
afterAll(async () => {
  await gossip[Symbol.asyncDispose]();
});

async function send(person: GossipPerson, content: OutgoingContent): Promise<string> {
  const { messageId } = await person.client.send(bot, content);
  return toHex(messageId);
}

type EventOf<T extends GossipEvent["type"]> = Extract<GossipEvent, { type: T }>;

function isOf<T extends GossipEvent["type"]>(event: GossipEvent, type: T): event is EventOf<T> {
  return event.type === type;
}

/** The first event of this kind that matches, once it came in. */
async function seen<T extends GossipEvent["type"]>(
  person: GossipPerson,
  type: T,
  matches: (event: EventOf<T>) => boolean,
): Promise<EventOf<T>> {
  const find = (): EventOf<T> | undefined => {
    for (const event of person.events) if (isOf(event, type) && matches(event)) return event;
    return undefined;
  };
  const found = await pollUntil(
    async () => find(),
    (event) => event !== undefined,
    WAIT_MS,
    `an event ${type}`,
  );
  if (found === undefined) throw new Error("pollUntil gave nothing");
  return found;
}

let calls = 0;

/** Alice's turn in which the model calls the message tool. @returns Her message's id and what the tool said. */
async function turnWith(args: JsonObject): Promise<{ asked: string; outcome: string }> {
  calls += 1;
  const number = calls;
  const text = `CALL ${JSON.stringify(args)} #${number}`;
  const asked = await send(alice, { type: "text", text });
  const outcome = await pollUntil(
    async () => outcomes.get(String(number)),
    (said) => said !== undefined,
    WAIT_MS,
    `the outcome of call ${number}`,
  );
  return { asked, outcome: outcome ?? "" };
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function fromHex(id: string): Uint8Array {
  return Uint8Array.from(Buffer.from(id, "hex"));
}

describe("the message tool on Gossip, with the real host", () => {
  it("shows at once that a message was read, reacts, and answers citing the message", async () => {
    const { asked } = await turnWith({ action: "react", emoji: "🎉" });
    const cites = ({ citedId }: { citedId: Uint8Array }): boolean => toHex(citedId) === asked;
    const ack = await seen(alice, "reaction", (event) => cites(event) && event.emoji === "👀");
    const reaction = await seen(alice, "reaction", (event) => cites(event) && event.emoji === "🎉");
    const answer = await seen(alice, "message", ({ text }) => text.startsWith("outcome 1:"));
    expect(answer.replyTo === undefined ? undefined : toHex(answer.replyTo)).toBe(asked);
    expect([ack, reaction, answer].map((event) => alice.events.indexOf(event))).toEqual(
      [ack, reaction, answer].map((event) => alice.events.indexOf(event)).toSorted((a, b) => a - b),
    );
    await turnWith({ action: "react", emoji: "🎉", remove: true, messageId: asked });
    const removed = await seen(alice, "reaction_removed", ({ citedId }) => {
      return (
        toHex(citedId) === toHex(reaction.citedId) || toHex(citedId) === toHex(reaction.messageId)
      );
    });
    expect(removed.peer).toBe(bot);
  });

  it("replies, edits and unsends its own message", async () => {
    await turnWith({ action: "reply", message: "first wording" });
    const said = await seen(alice, "message", ({ text }) => text === "first wording");
    const messageId = toHex(said.messageId);
    // The host takes a message id for a target of its own: these two name the conversation as well.
    const target = alice.id;
    const edit = await turnWith({ action: "edit", target, messageId, message: "second wording" });
    expect(edit.outcome).toMatch(/"ok":\s*true/);
    const edited = await seen(alice, "edit", ({ text }) => text === "second wording");
    expect(toHex(edited.citedId)).toBe(messageId);
    const unsend = await turnWith({ action: "unsend", target, messageId });
    expect(unsend.outcome).toMatch(/"ok":\s*true/);
    await seen(alice, "delete", ({ citedId }) => toHex(citedId) === messageId);
  });

  it("does nothing to other people's conversations", async () => {
    const bobs = toHex(
      (await seen(bob, "message", ({ text }) => text === "answer to hello-2")).messageId,
    );
    const before = bob.events.length;
    const said = [];
    for (const args of [
      { action: "send", target: bob.id, message: "leak" },
      { action: "reply", target: bob.id, message: "leak", messageId: bobs },
      { action: "react", target: bob.id, messageId: bobs, emoji: "🎉" },
      { action: "edit", target: bob.id, messageId: bobs, message: "leak" },
      { action: "unsend", target: bob.id, messageId: bobs },
      { action: "unsend", messageId: bobs },
      { action: "send", target: NEVER_APPROVED, message: "leak" },
    ]) {
      said.push((await turnWith(args)).outcome);
    }
    for (const outcome of said) {
      expect(outcome).toMatch(/confined|exact current conversation|no message of ours|denied/i);
    }
    // What Bob hears next is the answer to what he says now: nothing came before it.
    await bob.say(bot, "after-3");
    await bob.hear(bot, (heard) => heard === "answer to after-3", WAIT_MS);
    const since = bob.events.slice(before).map((event) => event.type);
    expect(since).toEqual(["reaction", "message"]);
  });

  it("tells the agent what people do to messages, and which one they answer", async () => {
    const { messageId } = await seen(alice, "message", ({ text }) => text === "answer to hello-1");
    const mine = await send(alice, { type: "text", text: "typo-4" });
    await alice.hear(bot, (heard) => heard === "answer to typo-4", WAIT_MS);
    await send(alice, { type: "reaction", emoji: "👍", citedId: messageId });
    await send(alice, { type: "edit", citedId: fromHex(mine), text: "mended" });
    await send(alice, { type: "delete", citedId: fromHex(mine) });
    await send(alice, { type: "reply", text: "cited-5", citedId: messageId });
    await alice.hear(bot, (heard) => heard === "answer to cited-5", WAIT_MS);
    const [turn] = gossip.turnsAbout("cited-5");
    const shown = turn?.messages.map(({ text }) => text).join("\n") ?? "";
    expect(shown).toContain(`reacted 👍 to message ${toHex(messageId)}`);
    expect(shown).toContain(`edited message ${mine}`);
    expect(shown).toContain(`deleted message ${mine}`);
    expect(shown).not.toContain("mended");
    expect(shown).toContain(toHex(messageId));
  });

  it("does as the operator says, who is bound to no conversation", async () => {
    const { messageId } = await seen(bob, "message", ({ text }) => text === "answer to hello-2");
    await gossip.gateway.call("message.action", {
      channel: "gossip",
      action: "edit",
      params: { to: bob.id, messageId: toHex(messageId), message: "by the operator" },
      conversationReadOrigin: "direct-operator",
      idempotencyKey: "operator-1",
    });
    const edited = await seen(bob, "edit", ({ text }) => text === "by the operator");
    expect(toHex(edited.citedId)).toBe(toHex(messageId));
    const sent = await gossip.gateway.call("send", {
      channel: "gossip",
      to: bob.id,
      message: "| a | b |\n|---|---|\n| x | [y](https://example.org) |",
      idempotencyKey: "operator-2",
    });
    const heard = await seen(bob, "message", ({ text }) => text.startsWith("x\n"));
    expect(heard.text).toBe("x\n• b: y (https://example.org)");
    expect(sent).toMatchObject({ messageId: toHex(heard.messageId) });
  });
});
