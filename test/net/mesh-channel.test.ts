import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { meshMessageAdapter } from "../../extensions/mesh/src/outbound.ts";
import { findLiveAccount } from "../../extensions/mesh/src/runtime.ts";
import { probeMeshAccount } from "../../extensions/mesh/src/status.ts";
import { startMeshBot, type MeshBot } from "../support/mesh-bot.ts";
import { createMeshPerson, type MeshPerson } from "../support/mesh-person.ts";
import { makePng } from "../support/sample-files.ts";

let root = "";
let alice: MeshPerson;
let bots: MeshBot[] = [];
let people: MeshPerson[] = [];

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "mesh-channel-"));
  mkdirSync(path.join(root, "run"), { mode: 0o700 });
  vi.stubEnv("OPENCLAW_STATE_DIR", path.join(root, "state"));
  vi.stubEnv("XDG_RUNTIME_DIR", path.join(root, "run"));
  bots = [];
  people = [];
  alice = await meet();
});

afterEach(async () => {
  await Promise.allSettled(bots.map((bot) => bot.stop()));
  for (const person of people.toReversed()) await person[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

async function meet(dial?: string): Promise<MeshPerson> {
  const folder = path.join(root, `peer-${people.length}`);
  const person = await createMeshPerson({
    folder,
    channels: ["lobby", "#dev"],
    ...(dial === undefined ? {} : { dial }),
  });
  people.push(person);
  return person;
}

function start(rules: Record<string, unknown> = {}, owners: string[] = []): MeshBot {
  const bot = startMeshBot({
    stateDir: path.join(root, "state"),
    section: {
      enabled: true,
      peers: [alice.url],
      allowPrivateAddresses: true,
      channels: ["lobby", "#dev"],
      ...rules,
    },
    owners,
  });
  bots.push(bot);
  return bot;
}

async function whenIn(bot: MeshBot): Promise<string> {
  const botId = await bot.whenReady();
  await alice.whenLinked();
  return botId;
}

function send(bot: MeshBot, to: string, text: string, more: Record<string, unknown> = {}) {
  return meshMessageAdapter.send?.text?.({
    cfg: bot.cfg,
    to,
    text,
    deliveryQueueId: `queue/${text}`,
    deliveryPartIndex: 0,
    deliveryPartCount: 1,
    ...more,
  });
}

/** Resolves when everything that came in was decided. */
async function whenQuiet(bot: MeshBot, received: number): Promise<void> {
  await bot.whenReceived(received);
  await vi.waitFor(() => {
    expect(findLiveAccount("default")?.figures()).toMatchObject({ waitingInbound: 0 });
  }, 10_000);
}

it("the first start makes a key of 12 words, and says none of them", async () => {
  const bot = start();
  const botId = await whenIn(bot);
  const file = path.join(root, "state", "sessions", "mesh", "default", "session.json");
  const session: unknown = JSON.parse(readFileSync(file, "utf8"));
  expect(botId).toMatch(/^[\w-]{43}$/);
  expect(session).toMatchObject({
    userId: botId,
    mnemonic: expect.stringMatching(/^(\w+ ){11}\w+$/),
  });
  const words = /"mnemonic": "(\w+ \w+)/.exec(readFileSync(file, "utf8"))?.[1];
  expect(words).toBeDefined();
  expect(bot.lines.join("\n")).not.toContain(words);
  expect(probeMeshAccount({ accountId: "default" })).toMatchObject({ ok: true, links: 1 });
});

describe("directly", () => {
  it("a stranger gets one code, sealed, and the agent gets nothing", async () => {
    const bot = start();
    const botId = await whenIn(bot);
    await alice.whisper(botId, "hello, I am Alice");
    const [challenge] = await alice.whenHeard(1);
    expect(challenge).toMatchObject({ kind: "direct", sealed: true, senderId: botId });
    expect(challenge?.body).toContain(`Your peer id: ${alice.peerId}`);
    expect(challenge?.body).toMatch(/openclaw pairing approve mesh [A-Z2-9]{8}/);
    await alice.whisper(botId, "hello?");
    await whenQuiet(bot, 2);
    expect(bot.turns).toEqual([]);
    expect(alice.heard).toHaveLength(1);
  });

  it("who is on the list reaches the agent, and its answer comes back once", async () => {
    const bot = start({ dmPolicy: "allowlist", allowFrom: [alice.peerId] });
    const botId = await whenIn(bot);
    await alice.whisper(botId, "What is the time?");
    await bot.whenTurns(1);
    expect(bot.turns[0]).toMatchObject({
      sender: { id: alice.peerId, isBot: true },
      conversation: { kind: "direct", id: alice.peerId },
      reply: { to: `mesh:${alice.peerId}` },
      message: { rawBody: "What is the time?" },
    });
    const asked = bot.turns[0]?.messageId;
    const sent = await send(bot, `mesh:${alice.peerId}`, "Noon.", { replyToId: asked });
    const replay = await send(bot, `mesh:${alice.peerId}`, "Noon.", { replyToId: asked });
    expect(replay?.messageId).toBe(sent?.messageId);
    const [answer] = await alice.whenHeard(1);
    expect(answer).toMatchObject({ body: "Noon.", replyTo: asked, messageId: sent?.messageId });
  });

  it("a slash is text unless an owner wrote it", async () => {
    const bot = start({ dmPolicy: "allowlist", allowFrom: [alice.peerId] });
    await alice.whisper(await whenIn(bot), "/new");
    await bot.whenTurns(1);
    expect(bot.turns[0]).toMatchObject({
      message: { rawBody: "/new" },
      extra: { CommandInterpretationSuppressed: true },
    });
    await bot.stop();
    const owned = start({ dmPolicy: "allowlist", allowFrom: [alice.peerId] }, [alice.peerId]);
    await alice.whisper(await owned.whenReady(), "/status");
    await owned.whenTurns(1);
    expect(owned.turns[0]?.extra).not.toHaveProperty("CommandInterpretationSuppressed");
    expect(owned.turns[0]).toMatchObject({ access: { commands: { authorized: true } } });
  });
});

describe("in a channel", () => {
  it("hears who is listed and calls it, by name or by an answer to it, and says what is known of them", async () => {
    const bot = start({ groupAllowFrom: [alice.peerId], name: "Clawd" });
    const botId = await whenIn(bot);
    await alice.say("#dev", "just talking");
    const asked = await alice.say("#dev", "Clawd, what is the time?");
    await bot.whenTurns(1);
    expect(bot.turns[0]).toMatchObject({
      messageId: asked,
      conversation: { kind: "group", id: "#dev" },
      message: { rawBody: "Clawd, what is the time?" },
      supplemental: {
        channelStructuredContext: [
          {
            source: "mesh",
            type: "provenance",
            payload: {
              sender_peer_id: alice.peerId,
              signature_verified: true,
              sender_is_owner: false,
              channel: "#dev",
            },
          },
        ],
      },
    });
    const sent = await send(bot, "mesh:#dev", "Noon.", {
      replyToId: asked,
      threadId: alice.peerId,
    });
    const [answer] = await alice.whenHeard(1);
    expect(answer).toMatchObject({ kind: "group", senderId: botId, body: "Noon.", replyTo: asked });
    await alice.say("#dev", { body: "Thanks!", replyTo: sent?.messageId ?? "" });
    await bot.whenTurns(2);
    expect(bot.turns[1]?.message.rawBody).toBe("Thanks!");
    await whenQuiet(bot, 3);
    expect(bot.turns).toHaveLength(2);
  });

  it("hears no stranger, and gives no code there", async () => {
    const bot = start();
    await whenIn(bot);
    await alice.say("lobby", "OpenClaw, hello");
    await whenQuiet(bot, 1);
    expect(bot.turns).toEqual([]);
    expect(alice.heard).toEqual([]);
  });

  it("stops answering bots when their budget is used up, and always answers its owner", async () => {
    const owner = await meet(alice.url);
    const rules = { groupPolicy: "open", loopBudget: { messages: 2 } };
    const bot = start(rules, [owner.peerId]);
    await whenIn(bot);
    await alice.whenLinked(2);
    await alice.say("lobby", "@OpenClaw one");
    await bot.whenTurns(1);
    await alice.say("lobby", "@OpenClaw two");
    await bot.whenTurns(2);
    await alice.say("lobby", "@OpenClaw three");
    await whenQuiet(bot, 3);
    expect(bot.turns).toHaveLength(2);
    expect(bot.plans[0]?.botLoopProtection).toMatchObject({ senderId: alice.peerId });
    await owner.say("lobby", "OpenClaw, and me?");
    await bot.whenTurns(3);
    expect(bot.turns[2]?.sender).not.toHaveProperty("isBot");
    expect(bot.plans[2]?.botLoopProtection).toBeUndefined();
  });

  it("writes to no channel that it does not listen to", async () => {
    const bot = start();
    await whenIn(bot);
    await expect(send(bot, "mesh:elsewhere", "psst")).rejects.toMatchObject({
      message: expect.stringContaining("channels.mesh.channels"),
    });
  });

  it("gives an answer to nobody whose asker is not heard any more", async () => {
    const section = { groupAllowFrom: [alice.peerId] };
    const bot = start(section);
    await whenIn(bot);
    await alice.say("lobby", "OpenClaw?");
    await bot.whenTurns(1);
    const { mesh } = bot.cfg.channels ?? {};
    Object.assign(mesh ?? {}, { groupAllowFrom: [] });
    await expect(
      send(bot, "mesh:lobby", "too late", { threadId: alice.peerId }),
    ).rejects.toMatchObject({ message: expect.stringContaining("may not be answered") });
    expect(alice.heard).toEqual([]);
  });
});

it("takes a file whose hash is right, and sends one with size and hash", async () => {
  const bot = start({ dmPolicy: "allowlist", allowFrom: [alice.peerId] });
  const botId = await whenIn(bot);
  const png = makePng(8);
  const sha256 = createHash("sha256").update(png).digest("hex");
  const file = { type: "image", mime: "image/png", name: "dot.png", size: png.length };
  const base64 = Buffer.from(png).toString("base64");
  await alice.whisper(botId, { body: "look", payload: { ...file, sha256, base64 } });
  await bot.whenTurns(1);
  expect(bot.turns[0]?.media).toMatchObject([{ contentType: "image/png" }]);
  await alice.whisper(botId, { body: "and", payload: { ...file, sha256: "0".repeat(64), base64 } });
  await bot.whenTurns(2);
  expect(bot.turns[1]).not.toHaveProperty("media");
  expect(bot.turns[1]?.message.rawBody).toContain("a file of the sender is missing here");
  await meshMessageAdapter.send?.media?.({
    cfg: bot.cfg,
    to: `mesh:${alice.peerId}`,
    text: "yours",
    mediaUrl: path.join(root, "dot.png"),
    mediaReadFile: async () => Buffer.from(png),
    mediaLocalRoots: [root],
    deliveryQueueId: "file",
    deliveryPartIndex: 0,
    deliveryPartCount: 1,
  });
  const [answer] = await alice.whenHeard(1);
  expect(answer).toMatchObject({ body: "yours", payload: { ...file, sha256, base64 } });
});
