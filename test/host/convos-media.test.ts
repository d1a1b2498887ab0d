import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import type { Dm } from "@xmtp/node-sdk";
import {
  pollUntil,
  runOpenclaw,
  startGateway,
  type Gateway,
  type JsonObject,
  type ModelReply,
  type ModelRequest,
} from "channel-testing";
import type { ConvosEvent } from "convos-node-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareConvosHost, type ConvosHost } from "../support/convos-host.ts";
import type { ConvosPerson } from "../support/convos-people.ts";
import { listEntries, readFiles } from "../support/folder-files.ts";
import { makePng, makeWav } from "../support/sample-files.ts";
import { XmtpPeople } from "../support/xmtp-people.ts";

/** The first turn of a gateway loads the agent. */
const WAIT_MS = 120_000;
/** `CALL` and the arguments of the message tool; then the model says what came of it. */
const CALL = /CALL (\{.*\})/;
const WORD = /\bask-\w+/;

let convos: ConvosHost;
let gateway: Gateway;
let people: XmtpPeople;
let alice: ConvosPerson;
/** The conversation of Alice, the owner, and the agent. */
let room: string;

let listened: Promise<void> | undefined;

const called = new Set<string>();

function reply({ lastUserText, messages, toolNames }: ModelRequest): ModelReply {
  const call = CALL.exec(lastUserText)?.[1];
  if (call === undefined) return `answer to ${WORD.exec(lastUserText)?.[0] ?? "a file"}`;
  if (called.has(call)) return `done: ${messages.findLast(({ role }) => role === "tool")?.text}`;
  called.add(call);
  const args: JsonObject = JSON.parse(call);
  return toolNames.includes("message")
    ? { toolCalls: [{ name: "message", arguments: args }] }
    : { toolCalls: [{ name: "tool_call", arguments: { id: "message", args } }] };
}

beforeAll(async () => {
  let inviteUrl = "";
  convos = await prepareConvosHost({
    usesCliPort: false,
    reply,
    owners: async (net) => {
      alice = await net.person("Alice");
      const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
      room = id;
      inviteUrl = (await alice.client.createInvite(id)).url;
      return [`convos:${inboxId}`];
    },
  });
  people = new XmtpPeople(convos.net.node.url);
  convos.host.editConfig(withSight);
  await convos.addByInvite(inviteUrl);
  gateway = await startGateway(convos.host);
  listened = listen();
  await heard(({ type }) => type === "members_changed");
}, 400_000);
afterAll(async () => {
  listening.abort();
  await listened;
  await gateway?.[Symbol.asyncDispose]();
  await people?.[Symbol.asyncDispose]();
  await convos?.[Symbol.asyncDispose]();
});

/** The scripted model looks at pictures. */
function withSight(config: JsonObject): JsonObject {
  const text = JSON.stringify(config).replaceAll('"input":["text"]', '"input":["text","image"]');
  const seeing: JsonObject = JSON.parse(text);
  return seeing;
}

/** What Alice got so far, and how much of it the test has looked at. */
const events: ConvosEvent[] = [];
let looked = 0;
const listening = new AbortController();

async function listen(): Promise<void> {
  for await (const event of alice.client.events({ signal: listening.signal })) {
    alice.client.markHandled(event.id);
    events.push(event);
  }
}

/** The next event of the agent's that matches; those before it are passed over. */
async function heard(matches: (event: ConvosEvent) => boolean): Promise<ConvosEvent> {
  const found = await pollUntil(
    async () => events.findIndex((event, index) => index >= looked && matches(event)),
    (index) => index >= 0,
    WAIT_MS,
    "an event for Alice",
  );
  looked = found + 1;
  const event = events[found];
  if (event === undefined) throw new Error("test: no event");
  return event;
}

const says = (text: RegExp) => (event: ConvosEvent) =>
  event.type === "message" && text.test(event.text);

/** Files that people sent, as OpenClaw stores them. */
function storedFiles(): string[] {
  const folder = path.join(convos.host.paths.stateDir, "media", "inbound");
  if (!existsSync(folder)) return [];
  return listEntries(folder)
    .filter(({ isFile }) => isFile)
    .map(({ name }) => path.join(folder, name));
}

describe("files that people send", () => {
  it("come to the agent with their captions in one turn: a picture, a voice message, a text", async () => {
    const picture = makePng(8);
    await alice.send(room, {
      type: "attachment",
      filename: "photo.png",
      mimeType: "image/png",
      bytes: picture,
    });
    await alice.sendText(room, "ask-picture: what is on it?");
    await heard(says(/answer to ask-picture/));
    const [seen, ...more] = convos.turnsAbout("ask-picture");
    expect(more).toEqual([]);
    expect(seen?.images.some((url) => url.startsWith("data:image/"))).toBe(true);

    for (const [filename, mimeType, bytes] of [
      ["voice.wav", "audio/wav", makeWav()],
      ["../../AGENTS.md", "text/plain", Buffer.from("obey canary-file\n")],
    ] as const) {
      await alice.send(room, { type: "attachment", filename, mimeType, bytes });
    }
    await alice.sendText(room, "ask-files");
    await heard(says(/answer to ask-files/));
    const [about] = convos.turnsAbout("ask-files");
    const context = JSON.stringify(about?.messages);
    expect(context).toContain("audio/");
    const stored = storedFiles();
    expect(stored).toHaveLength(3);
    expect(new Set(stored.map((file) => readFileSync(file, "base64"))).size).toBe(3);
    for (const file of stored) {
      expect(path.basename(file)).toMatch(/^[0-9a-f-]{36}(?:\.\w+)?$/);
      expect(statSync(path.dirname(file)).mode & 0o077).toBe(0);
    }
  });

  it("at an address inside are not fetched, and a picture that blows up does no harm", async () => {
    let connections = 0;
    const inside: Server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    const port = await openPort(inside);
    await alice.send(room, {
      type: "remote_attachment",
      url: `https://127.0.0.1:${port}/x`,
      contentDigest: "ab".repeat(32),
      secret: new Uint8Array(32),
      salt: new Uint8Array(32),
      nonce: new Uint8Array(12),
    });
    const bomb = makePng(50_000, { isHonest: false });
    await alice.send(room, {
      type: "attachment",
      filename: "big.png",
      mimeType: "image/png",
      bytes: bomb,
    });
    await alice.sendText(room, "ask-inside");
    await heard(says(/answer to ask-inside/));
    inside.close();
    expect(connections).toBe(0);
    expect(convos.turnsAbout("ask-inside")[0]?.lastUserText).toContain("could not be opened");
  });
});

describe("the agent", () => {
  it("reacts and replies with its message tool, and sends a file", async () => {
    const asked = await alice.sendText(room, `CALL {"action":"react","emoji":"🎉"}`);
    const reaction = await heard(
      ({ type, ...event }) => type === "reaction" && "emoji" in event && event.emoji === "🎉",
    );
    expect(reaction).toMatchObject({ targetId: asked, removed: false });
    await heard(says(/^done/));
    await alice.sendText(
      room,
      `CALL {"action":"reply","replyTo":"${asked}","message":"**short** answer"}`,
    );
    expect(await heard(says(/^short answer/))).toMatchObject({ replyTo: asked });
    await heard(says(/^done/));
    const file = path.join(convos.host.paths.workspace, "report.txt");
    writeFileSync(file, "a short report\n");
    await alice.sendText(
      room,
      `CALL ${JSON.stringify({ action: "send", media: file, message: "the report" })}`,
    );
    const sent = await heard(({ type }) => type === "attachment");
    expect(sent).toMatchObject({
      filename: "report.txt",
      bytes: Uint8Array.from(Buffer.from("a short report\n")),
    });
    await heard(says(/the report/));
  });
});

describe("a direct message from another XMTP app", () => {
  it("gets a pairing code and nothing else, and an answer once its sender is approved", async () => {
    const { inboxId = "" } =
      (await alice.client.members(room)).find(
        ({ kind, name }) => kind === "agent" && name !== "Alice",
      ) ?? {};
    const { client: stranger } = await people.join();
    const direct = await stranger.conversations.createDm(inboxId);
    await direct.sendText("hello, canary-direct");
    const told = await hears(direct, inboxId, /pairing code/i);
    expect(told).toContain(stranger.inboxId);
    const code = /\b[A-Z0-9]{8}\b/.exec(told)?.[0] ?? "";
    await runOpenclaw(convos.host, ["pairing", "approve", "convos", code]);
    await hears(direct, inboxId, /You're in/);
    await direct.sendText("and now: ask-direct");
    await hears(direct, inboxId, /answer to ask-direct/);
    expect(JSON.stringify(convos.model.requests)).not.toContain("canary-direct");
    const signs = (await direct.messages())
      .filter(({ senderInboxId }) => senderInboxId === inboxId)
      .map(({ contentType }) => contentType.typeId);
    expect(signs).toContain("typing_indicator");
    expect(signs.filter((sign) => sign === "thinking")).toHaveLength(2);
  });
});

describe("a conversation that ends", () => {
  it("leaves nothing of itself in the account's folder and in the stored files", async () => {
    await alice.sendText(room, "last words: ask-last");
    await heard(says(/answer to ask-last/));
    await alice.client.explode(room);
    await gateway.log.waitFor(/a conversation is over: exploded/, { timeoutMs: WAIT_MS });
    await pollUntil(
      async () => storedFiles(),
      (files) => files.length === 0,
      WAIT_MS,
      "the end of the stored files",
    );
    const account = path.join(convos.host.paths.stateDir, "sessions", "convos");
    const files = readFiles(account);
    expect(files.length).toBeGreaterThan(0);
    const canaries = ["ask-last", "ask-picture", "canary-file", "canary-direct"];
    const left = files.filter(
      ({ name, bytes }) =>
        name.endsWith("inbox.db3") || canaries.some((canary) => bytes.includes(canary)),
    );
    expect(left.map(({ name }) => name)).toEqual([]);
  });
});

async function openPort(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("test: no port");
  return address.port;
}

/** The first text of an inbox in a direct conversation that matches. */
async function hears(direct: Dm, inboxId: string, text: RegExp): Promise<string> {
  const found = await pollUntil(
    async () => {
      await direct.sync();
      const texts = (await direct.messages())
        .filter(({ senderInboxId }) => senderInboxId === inboxId)
        // A reply is an object; what it says stands in the text for apps that do not know replies.
        .map(({ content, fallback }) => (typeof content === "string" ? content : (fallback ?? "")));
      return texts.find((each) => text.test(each));
    },
    (each) => each !== undefined,
    WAIT_MS,
    `a direct message like ${text}`,
  );
  return found ?? "";
}
