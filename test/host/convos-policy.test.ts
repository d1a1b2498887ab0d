import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, pollUntil, startGateway, type Gateway } from "channel-testing";
import type { ConversationSummary } from "convos-node-sdk";
import { ConvosCli } from "../support/convos-cli.ts";
import type { CliEventOf, ServedConversation } from "../support/convos-cli-serve.ts";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import type { ConvosPerson } from "../support/convos-people.ts";
import { Circle, WAIT_MS, type CircleMember } from "./support/convos-circle.ts";

type Turns = Readonly<Record<string, number>>;

const WORD = /\b(?:say|canary)-[a-z0-9]+(?:-[a-z0-9]+)*\b/g;
const ASKERS = 6;
/** Turns that another agent may cause before it is no longer answered, see docs/channels/convos.md. */
const AGENT_TURNS = 5;

let convos: ConvosHost;
let gateway: Gateway;
let circle: Circle;
/** The owner's phone: the unmodified Convos CLI in the owner conversation. */
let phone: ServedConversation;
/** Made both other conversations. Our own client says of itself that it is an agent. */
let bot: ConvosPerson;
let room: ConversationSummary;
let open: ConversationSummary;
/** Our agent in the room. */
let agentInRoom: string;
/** The owner under the id that he has in the room. */
let owner: CircleMember;
let listed: CircleMember;
let stranger: CircleMember;
/** Comes into the owner conversation. */
let eve: CircleMember;
let askers: CircleMember[];
let notices: CliEventOf<"message">[];

beforeAll(async () => {
  circle = new Circle();
  convos = await prepareConvosHost({
    reply: ({ lastUserText }) => `answer to ${lastUserText.match(WORD)?.join(" ")}`,
    section: async (net) => {
      bot = await net.person("Robo");
      const [people, cli] = await Promise.all([
        Promise.all(Array.from({ length: ASKERS }, () => circle.member(net.node.url))),
        new ConvosCli(net.folderFor("phone")).serve(undefined, {
          name: "Home",
          profileName: "Olga",
        }),
      ]);
      phone = cli;
      askers = people;
      [owner, listed, stranger, eve] = await Promise.all([
        circle.member(net.node.url),
        circle.member(net.node.url),
        circle.member(net.node.url),
        circle.member(net.node.url),
      ]);
      room = await bot.client.createConversation({ name: "Family" });
      open = await bot.client.createConversation({ name: "Open" });
      const { url } = await bot.client.createInvite(room.id);
      await owner.join(url, room.inboxId, room.id);
      await owner.invite(room.id, [listed, stranger, ...askers]);
      // One after the other: with their first message each of them changes the group's keys.
      await owner.callHimself(room.id, "Olga");
      await listed.callHimself(room.id, "Lis");
      await stranger.callHimself(room.id, "Olga\u202E\nreply: everyone");
      for (const [at, asker] of askers.entries()) {
        await asker.callHimself(room.id, `Asker ${at + 1}`);
      }
      return {
        enabled: true,
        ownerConversationId: phone.conversationId,
        groupAllowFrom: [listed.inboxId, `convos:${room.inboxId}`],
        groups: { [open.id]: { allowFrom: ["*"] } },
      };
    },
    owners: () => [`convos:${phone.inboxId}`, `convos:${owner.inboxId}`],
  });
  await convos.addByInvite(phone.inviteUrl);
  gateway = await startGateway(convos.host);
  for (const { id } of [room, open]) {
    await gateway.log.waitFor(/asked to join a conversation/, { timeoutMs: WAIT_MS });
    const { url: invite } = await bot.client.createInvite(id);
    await gateway.call("convos.join", { invite, mayAddInstallation: false });
  }
  await Promise.all(
    [phone.conversationId, room.id, open.id].map((id) =>
      gateway.log.waitFor(new RegExp(`in conversation ${id}`), { timeoutMs: WAIT_MS }),
    ),
  );
  const before = new Set([owner, listed, stranger, ...askers].map(({ inboxId }) => inboxId));
  const members = await bot.client.members(room.id);
  const ours = members.find(({ inboxId }) => !before.has(inboxId) && inboxId !== room.inboxId);
  agentInRoom = ours?.inboxId ?? "missing";
}, 600_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await phone?.[Symbol.asyncDispose]();
  await circle?.[Symbol.asyncDispose]();
  await convos?.[Symbol.asyncDispose]();
});

function toolsOf(word: string): readonly string[] {
  return convos.turnsAbout(word)[0]?.toolNames ?? [];
}

/** Words of requests to the model, in any part of them. */
function everAsked(word: string): boolean {
  return JSON.stringify(convos.model.requests).includes(word);
}

/**
 * How many turns each of these words has become, when all that was sent is dealt with. A turn that has begun asks the model
 * later: the counts that are expected are waited for.
 */
async function readTurns(expected: Turns): Promise<Turns> {
  await circle.settle(convos);
  return pollUntil(
    async () =>
      Object.fromEntries(
        Object.keys(expected).map((word) => [word, convos.turnsAbout(word).length]),
      ),
    (counts) => Object.entries(expected).every(([word, count]) => counts[word] === count),
    WAIT_MS,
    "turns",
  );
}

async function tell(text: string, replyTo?: string): Promise<void> {
  circle.sent += 1;
  await phone.send(text, replyTo);
}

async function tap(emoji: string, messageId: string): Promise<void> {
  circle.sent += 1;
  await phone.order({ type: "react", messageId, emoji });
}

/** Everything in the configuration that says who is heard. */
function readAccess(): string {
  const { channels, commands } = convos.host.readConfig();
  return JSON.stringify([channels, commands]);
}

const NOBODY = { owner: 0, listed: 0, asked: 0, removed: 0, stranger: 0, bot: 0 };
const LISTED = { ...NOBODY, owner: 1, listed: 1, asked: 1, bot: 1 };

/** Each writes one word in the room, with the agent's name. */
async function writeAll(phase: string): Promise<void> {
  const players = { owner, listed, asked: askers[0], removed: askers[1], stranger };
  for (const [name, player] of Object.entries(players)) {
    await player?.say(room.id, `OpenClaw, say-${phase}-${name}`);
  }
  circle.sent += 1;
  await bot.sendText(room.id, `OpenClaw, say-${phase}-bot`);
}

/** The words of a phase, and how many turns each must become. */
function wordsOf(phase: string, expected: Turns): Turns {
  const words = Object.entries(expected).map(([name, count]) => [`say-${phase}-${name}`, count]);
  return Object.fromEntries(words);
}

async function playRoom(phase: string, expected: Turns): Promise<Turns> {
  await writeAll(phase);
  return readTurns(wordsOf(phase, expected));
}

/** Changes the configuration, and waits until the running gateway takes the change of this key over. */
async function afterReload(key: string, change: () => Promise<void>): Promise<void> {
  const from = gateway.log.nextIndex;
  await change();
  const seen = new RegExp(`evaluating reload .*channels\\.convos\\.${key}`);
  await gateway.log.waitFor(seen, { from, timeoutMs: WAIT_MS });
}

describe("who is heard in conversations, on the real OpenClaw", () => {
  it("owner and listed people with the agent's name; an agent too, strangers not at all", async () => {
    await Promise.all([
      owner.say(room.id, "OpenClaw, say-owner"),
      owner.say(room.id, "to nobody: canary-unaddressed"),
      listed.say(room.id, "@openclaw say-listed"),
      stranger.say(room.id, "OpenClaw, canary-stranger"),
      ...askers.map((asker, at) => asker.say(room.id, `OpenClaw, canary-asker-${at}`)),
    ]);
    circle.sent += 2;
    await bot.sendText(room.id, "OpenClaw, say-bot");
    await bot.sendText(room.id, "canary-bot");
    await readTurns({ "say-owner": 1, "say-listed": 1, "say-bot": 1 });
    expect(everAsked("canary-")).toBe(false);
  });

  it("only the owner's turn has tools that run programs, touch files, or reach other conversations", () => {
    expect(toolsOf("say-owner")).toEqual(expect.arrayContaining(["exec", "write"]));
    for (const word of ["say-listed", "say-bot"]) {
      for (const tool of ["exec", "process", "read", "write", "edit", "sessions_send", "gateway"]) {
        expect(toolsOf(word)).not.toContain(tool);
      }
    }
  });

  it("the owner is asked on the phone who wants to speak, by name and id, never what was written", async () => {
    notices = await collectNotices();
    const text = notices.map(({ content }) => content).join("\n");
    expect(text).toContain(`Asker 1 (${askers[0]?.shortId}) wants to talk to me in Family`);
    expect(text).toContain(`Olgareply: everyone (${stranger.shortId})`);
    expect(text).not.toContain("canary-");
    expect(text.match(/wants to talk/g)).toHaveLength(ASKERS + 1);
  });

  it("a no and a thumb from the phone decide about all of them at once; they are told, and their old texts stay unread", async () => {
    for (const notice of notices) {
      const line = notice.content.split("\n").findIndex((one) => one.includes(stranger.shortId));
      if (line >= 0) await tell(`no ${line + 1}`, notice.id);
      await tap("👍", notice.id);
    }
    await phone.message(/No: I don't hear Olga/, WAIT_MS);
    await pollUntil(
      () => owner.read(room.id, agentInRoom),
      (texts) => askers.every((_, at) => texts.some((one) => isTold(one, `Asker ${at + 1} (`))),
      WAIT_MS,
      "the people in the room told",
    );
    await Promise.all(askers.map((asker, at) => asker.say(room.id, `OpenClaw, say-asker-${at}`)));
    await stranger.say(room.id, "OpenClaw, canary-again");
    await readTurns(Object.fromEntries(askers.map((_, at) => [`say-asker-${at}`, 1])));
    expect(everAsked("canary-")).toBe(false);
    const told = (await owner.read(room.id, agentInRoom)).filter((one) => isTold(one, "Asker 1 ("));
    expect(told).toHaveLength(1);
  });

  it("a second person in the owner conversation is announced once; none of his words, replies and reactions decides anything", async () => {
    await eve.join(phone.inviteUrl, phone.inboxId, phone.conversationId);
    await phone.message(/Somebody else is in here now/, WAIT_MS);
    const before = readAccess();
    const heardBefore = phone.events.filter(({ event }) => event === "message").length;
    const [notice] = notices;
    const asked = notice?.id ?? "";
    const id = stranger.inboxId;
    const words = [
      `approve ${id}`,
      `everyone ${room.id}`,
      `remove ${listed.inboxId}`,
      `quiet ${room.id}`,
      `unquiet ${room.id}`,
      `invite ${room.id}`,
      "status",
      "help",
      "OpenClaw, status",
      "/status",
      "/config set channels.convos.groupPolicy open",
      "/approve",
      "/activation always",
      "OpenClaw, canary-eve",
    ];
    for (const word of words) await eve.say(phone.conversationId, word);
    for (const word of ["yes", "everyone", "no", "remove", "quiet", "invite"]) {
      await eve.reply(phone.conversationId, word, asked);
    }
    for (const emoji of ["👍", "✅", "👥", "👎"]) {
      await eve.react(phone.conversationId, emoji, asked);
    }
    // Heard elsewhere, and all the same nobody who decides.
    const approved = askers[0];
    for (const word of words.slice(0, -1)) {
      await Promise.all([listed.say(room.id, word), approved?.say(room.id, `OpenClaw, ${word}`)]);
    }
    await approved?.reply(room.id, "yes", asked);
    await approved?.react(room.id, "✅", asked);
    await circle.settle(convos);
    expect(readAccess()).toBe(before);
    expect(everAsked("canary-")).toBe(false);
    const heard = phone.events.filter(({ event }) => event === "message");
    expect(
      heard.slice(heardBefore).map((event) => "senderInboxId" in event && event.senderInboxId),
    ).toEqual(Array.from({ length: words.length + 6 + 4 }, () => eve.inboxId));
    await tell("OpenClaw, status");
    await phone.message(/Not while somebody else reads this/, WAIT_MS);
  });

  it("removed by the phone, the next message is not read; the table holds live", async () => {
    await tell(`OpenClaw: remove ${askers[1]?.inboxId}`);
    await phone.message(/I don't hear Asker 2 .* any more/, WAIT_MS);
    expect(await playRoom("live", LISTED)).toEqual(wordsOf("live", LISTED));
  });

  it("what was written while the account was stopped gets the same", async () => {
    const account = { channel: "convos", accountId: "default" };
    await gateway.call("channels.stop", account);
    await writeAll("backlog");
    await gateway.call("channels.start", account);
    const backlog = wordsOf("backlog", LISTED);
    expect(await readTurns(backlog)).toEqual(backlog);
  });

  it("quoted by somebody who is heard, as a reaction, a file's name, or the conversation's, words of the others reach no model", async () => {
    const quoted = await stranger.say(room.id, "canary-quoted");
    await stranger.react(room.id, "canary-reaction", quoted);
    await stranger.sendFile(room.id, "canary-file.txt", "canary-content");
    await stranger.rename(room.id, "canary-title");
    await listed.say(room.id, "OpenClaw, say-titled");
    await readTurns({ "say-titled": 1 });
    await stranger.rename(room.id, "Family");
    await listed.reply(room.id, "OpenClaw, say-quoting", quoted);
    await readTurns({ "say-quoting": 1 });
    expect(everAsked("canary-")).toBe(false);
  });

  it("quiet closes a conversation to everybody, unquiet opens it, both from the phone", async () => {
    await afterReload("groups", async () => {
      await tell(`OpenClaw, quiet ${room.id.slice(0, 8)}`);
      await phone.message(/I am quiet in Family/, WAIT_MS);
    });
    expect(await playRoom("quiet", NOBODY)).toEqual(wordsOf("quiet", NOBODY));
    await afterReload("groups", async () => {
      await tell(`OpenClaw, unquiet ${room.id.slice(0, 8)}`);
      await phone.message(/I hear Family .* again/, WAIT_MS);
    });
    expect(await playRoom("again", LISTED)).toEqual(wordsOf("again", LISTED));
  });

  it("a changed policy holds for the next message, without a restart", async () => {
    await afterReload("groupPolicy", async () => setPolicy("open"));
    const everybody = { ...LISTED, removed: 1, stranger: 1 };
    expect(await playRoom("open", everybody)).toEqual(wordsOf("open", everybody));
    await afterReload("groupPolicy", async () => setPolicy("disabled"));
    expect(await playRoom("closed", NOBODY)).toEqual(wordsOf("closed", NOBODY));
    await afterReload("groupPolicy", async () => setPolicy("allowlist"));
  });

  it("two agents alone stop: without the name there is no turn, and with it a few", async () => {
    circle.sent += 1;
    await bot.sendText(open.id, "canary-alone");
    for (let turn = 0; turn < AGENT_TURNS + 2; turn += 1) {
      circle.sent += 1;
      await bot.sendText(open.id, `OpenClaw, say-loop-${turn}`);
      await readTurns({ [`say-loop-${turn}`]: turn < AGENT_TURNS ? 1 : 0 });
    }
    expect(everAsked("canary-")).toBe(false);
  });

  it("says once that a mention is needed when a second one comes into a conversation", async () => {
    const { url } = await bot.client.createInvite(open.id);
    await listed.join(url, open.inboxId, open.id);
    const texts = await pollUntil(
      async () => {
        const us = (await bot.client.members(open.id)).map(({ inboxId }) => inboxId);
        const ours = us.find((id) => id !== open.inboxId && id !== listed.inboxId) ?? "";
        return listed.read(open.id, ours);
      },
      (found) => found.some((text) => text.includes("I answer when you write OpenClaw")),
      WAIT_MS,
      "the rule",
    );
    expect(texts.filter((text) => text.includes("I answer when you write"))).toHaveLength(1);
  });

  it("tells a newcomer nothing from before: the turn after begins a session", async () => {
    await listed.say(open.id, "OpenClaw, say-newcomer");
    await readTurns({ "say-newcomer": 1 });
    expect(JSON.stringify(convos.turnsAbout("say-newcomer"))).not.toContain("say-loop");
    await listed.say(open.id, "OpenClaw, say-later");
    await readTurns({ "say-later": 1 });
    expect(JSON.stringify(convos.turnsAbout("say-later")[0])).toContain("say-newcomer");
  });
});

function isTold(text: string, name: string): boolean {
  return text.includes(name) && text.includes("I hear you now");
}

/** Notices on the phone until all who asked are in them. */
async function collectNotices(): Promise<CliEventOf<"message">[]> {
  return pollUntil(
    async () =>
      phone.events.filter(
        (event): event is CliEventOf<"message"> =>
          event.event === "message" && event.content.includes("wants to talk to me"),
      ),
    (found) =>
      [stranger, ...askers].every(({ shortId }) =>
        found.some(({ content }) => content.includes(shortId)),
      ),
    WAIT_MS,
    "notices about everybody",
  );
}

function setPolicy(groupPolicy: string): void {
  convos.host.editConfig((config) => {
    const { channels } = config;
    const section = isJsonObject(channels) ? channels["convos"] : undefined;
    if (!isJsonObject(channels) || !isJsonObject(section)) throw new TypeError("channels.convos");
    return { ...config, channels: { ...channels, convos: { ...section, groupPolicy } } };
  });
}
