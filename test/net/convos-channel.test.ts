// The Convos channel without a gateway: what the agent is given of files and direct messages, and what is left at the end.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Dm } from "@xmtp/node-sdk";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { convosActionsAdapter } from "../../extensions/convos/src/actions.ts";
import { convosMessageAdapter } from "../../extensions/convos/src/outbound.ts";
import { openPairingStore } from "../../packages/channel-access/test-support/pairing-store.ts";
import { startConvosBot, type ConvosBot } from "../support/convos-bot.ts";
import { ConvosNet, type ConvosPerson } from "../support/convos-people.ts";
import { listEntries, readFiles } from "../support/folder-files.ts";
import { makePng, makeWav } from "../support/sample-files.ts";
import { XmtpPeople } from "../support/xmtp-people.ts";

let net: ConvosNet;
let stateDir = "";
let alice: ConvosPerson;
let room: string;
let cfg: OpenClawConfig;
let bot: ConvosBot;

beforeEach(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-channel-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  net = await ConvosNet.start();
  alice = await net.person("Alice");
  const { id, inboxId } = await alice.client.createConversation({ name: "Home" });
  room = id;
  cfg = {
    channels: { convos: { enabled: true, env: "local", apiUrl: net.node.url } },
    commands: { ownerAllowFrom: [`convos:${inboxId}`] },
    messages: { inbound: { debounceMs: 400 } },
  };
  const { url } = await alice.client.createInvite(id);
  bot = await startConvosBot({ stateDir, cfg, invite: url });
  await alice.next("members_changed");
  await bot.whenIn(room);
});
afterEach(async () => {
  await bot[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

function storedFiles(): string[] {
  const folder = path.join(stateDir, "media", "inbound");
  if (!existsSync(folder)) return [];
  return listEntries(folder)
    .filter(({ isFile }) => isFile)
    .map(({ name }) => path.join(folder, name));
}

it("gives the agent a picture and its caption in one turn, and a voice message as what it is", async () => {
  const picture = makePng(8);
  await alice.send(room, {
    type: "attachment",
    filename: "photo.png",
    mimeType: "image/png",
    bytes: picture,
  });
  const caption = await alice.sendText(room, "what is on it?");
  const turn = await bot.nextTurn();
  expect(turn).toMatchObject({ messageId: caption, message: { rawBody: "what is on it?" } });
  expect(turn.media).toMatchObject([{ contentType: "image/png", fileName: "photo.png" }]);
  const [stored = "", ...more] = storedFiles();
  expect(more).toEqual([]);
  expect(turn.media?.[0]?.path).toBe(stored);
  expect(path.basename(stored)).toMatch(/^[0-9a-f-]{36}\.png$/);
  expect(readFileSync(stored)).toEqual(picture);

  await alice.send(room, {
    type: "attachment",
    filename: "../../AGENTS.md",
    mimeType: "audio/mpeg",
    bytes: makeWav(),
  });
  const spoken = await bot.nextTurn();
  expect(spoken.message.rawBody).toBe("");
  expect(spoken.media).toMatchObject([{ contentType: expect.stringMatching(/^audio\/.*wav/) }]);
  expect(storedFiles().join()).not.toContain("AGENTS");
});

it("says that a file at an address inside is missing, and asks nobody for it", async () => {
  await alice.send(room, {
    type: "remote_attachment",
    url: "https://127.0.0.1/x",
    contentDigest: "ab".repeat(32),
    secret: new Uint8Array(32),
    salt: new Uint8Array(32),
    nonce: new Uint8Array(12),
  });
  const turn = await bot.nextTurn();
  expect(turn.media ?? []).toEqual([]);
  expect(turn.message.rawBody).toContain("could not be opened");
});

it("hears a direct message under the rules of direct messages, in a session of its own", async () => {
  await using people = new XmtpPeople(net.node.url);
  const { client: stranger } = await people.join();
  const agent = (await alice.client.members(room)).find(
    ({ kind, name }) => kind === "agent" && name !== "Alice",
  );
  const direct = await stranger.conversations.createDm(agent?.inboxId ?? "");
  await direct.sendText("hello, canary-direct");
  const told = await hears(direct, stranger.inboxId, /pairing code/i);
  expect(told).toContain(stranger.inboxId);
  const code = /\b[A-Z0-9]{8}\b/.exec(told)?.[0] ?? "";
  const store = await openPairingStore();
  expect(await store.approve({ channel: "convos", code, accountId: "default" })).not.toBeNull();
  await hears(direct, stranger.inboxId, /You're in/);
  expect(bot.turns).toEqual([]);
  await direct.sendText("and now?");
  expect(await bot.nextTurn()).toMatchObject({
    from: `convos:dm:${direct.id}`,
    message: { rawBody: "and now?" },
    conversation: { kind: "direct", id: direct.id },
    sender: { id: stranger.inboxId },
  });
});

it("sends a file inside the message, once per queue id, and says why it refuses a large one", async () => {
  const report = path.join(stateDir, "report.csv");
  writeFileSync(report, "a,b\n1,2\n");
  const large = path.join(stateDir, "large.bin");
  writeFileSync(large, Buffer.alloc(2_000_000, 1));
  const send = (mediaUrl: string, deliveryQueueId: string) =>
    convosMessageAdapter.send?.media?.({
      cfg,
      to: `convos:${room}`,
      text: "the **report**",
      mediaUrl,
      mediaLocalRoots: [stateDir],
      deliveryQueueId,
      deliveryPartIndex: 0,
      deliveryPartCount: 1,
    });
  const first = await send(report, "one");
  const again = await send(report, "one");
  expect(again?.messageId).toBe(first?.messageId);
  const got = await alice.next("attachment");
  expect(got).toMatchObject({ filename: "report.csv", messageId: first?.messageId });
  expect(Buffer.from(got.bytes).toString()).toBe("a,b\n1,2\n");
  expect(await alice.next("message")).toMatchObject({ text: "the report" });
  await expect(send(large, "two")).rejects.toThrow("Send a smaller file");
  await convosMessageAdapter.send?.text?.({ cfg, to: `convos:${room}`, text: "last" });
  // Nothing came twice: the next one is the last. The bot's profile may come whenever it is with the network.
  const events = await alice.takeThrough("message");
  expect(events.at(-1)).toMatchObject({ text: "last" });
  expect(events.filter(({ type }) => type === "attachment")).toEqual([]);
});

it("reacts and replies where the turn is, takes the reaction back, and acts nowhere else", async () => {
  const asked = await alice.sendText(room, "ask");
  await bot.nextTurn();
  const act = (action: "react" | "reply", params: Record<string, unknown>) =>
    convosActionsAdapter.handleAction?.({
      channel: "convos",
      action,
      cfg,
      params,
      accountId: "default",
      requesterSenderId: "somebody",
      toolContext: { currentChannelProvider: "convos", currentMessagingTarget: `convos:${room}` },
    });
  await act("react", { emoji: "🎉", messageId: asked });
  await act("react", { emoji: "🎉", messageId: asked, remove: true });
  const reactions = [await nextReaction("🎉"), await nextReaction("🎉")];
  expect(reactions).toMatchObject([
    { targetId: asked, removed: false },
    { targetId: asked, removed: true },
  ]);
  await act("reply", { message: "**yes**", messageId: asked });
  expect(await alice.next("message")).toMatchObject({ text: "yes", replyTo: asked });
  await expect(act("react", { emoji: "🎉", messageId: "00".repeat(32) })).rejects.toThrow(
    "no message",
  );
  await expect(
    act("reply", { message: "x", messageId: asked, to: `convos:${"0f".repeat(16)}` }),
  ).rejects.toThrow("confined");
});

/** The next reaction with this emoji; the one on receipt has another. */
async function nextReaction(emoji: string) {
  for (;;) {
    const reaction = await alice.next("reaction");
    if (reaction.emoji === emoji) return reaction;
  }
}

it("leaves nothing of a conversation that explodes", async () => {
  await alice.send(room, {
    type: "attachment",
    filename: "a.txt",
    mimeType: "text/plain",
    bytes: Buffer.from("canary-file"),
  });
  await alice.sendText(room, "canary-text");
  await bot.nextTurn();
  expect(storedFiles()).toHaveLength(1);
  await alice.client.explode(room);
  await expect.poll(() => storedFiles(), { timeout: 20_000 }).toEqual([]);
  const left = readFiles(bot.folder).filter(
    ({ name, bytes }) => bytes.includes("canary") || name.endsWith("inbox.db3"),
  );
  expect(left.map(({ name }) => name)).toEqual([]);
});

/** The first text of the other one in a direct conversation that matches. */
async function hears(direct: Dm, ownInboxId: string, text: RegExp): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    await direct.sync();
    const theirs = (await direct.messages()).filter(
      ({ contentType, senderInboxId }) =>
        senderInboxId !== ownInboxId && contentType.typeId === "text",
    );
    return theirs.map(({ content }) => String(content)).find((each) => text.test(each));
  };
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  return (await find()) ?? "";
}
