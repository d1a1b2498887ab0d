// State that is intact and old, and databases of XMTP's library that are not intact.
import { cp, rm, truncate } from "node:fs/promises";
import { globSync, statSync } from "node:fs";
import path from "node:path";
import {
  createXmtpNetwork,
  encodeTypingIndicator,
  keyFromHex,
  type OutgoingContent,
} from "convos-node-sdk";
import { expect, it } from "vitest";
import { ConvosNet, type ConvosPerson, meet } from "../support/convos-people.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

const ROUNDS = 20;
/** Some of the looks of XMTP at its members, of five seconds each, on a busy machine. */
const BACK_MS = 60_000;

it("brought back from an older backup, without XMTP's databases: loses nothing that is sent from then on, offers nothing old", async () => {
  await using net = await ConvosNet.start();
  const { alice, bob, id, backup } = await backUp(net);
  await talk(alice, bob, id);
  await stopAtRest(alice);

  await putBack(alice, backup);
  await rm(path.join(alice.folder, "inboxes"), { recursive: true });
  await alice.start();
  const signal = AbortSignal.timeout(20_000);
  expect(await alice.client.restoreScan({ signal })).toMatchObject({ found: 1, restored: 1 });
  // XMTP looks for new installations of members when somebody writes, at most every five seconds.
  const isOffered = async (): Promise<number> => {
    await bob.sendText(id, "are you there?");
    return alice.client.restoreOffers().length;
  };
  await expect.poll(isOffered, { interval: 1_000, timeout: BACK_MS }).toBe(1);
  // Somebody else made it: the operator says that it is the lost one.
  await alice.client.confirmRestore(id);
  for (let round = 0; round < ROUNDS; round += 1) {
    await alice.sendText(id, `new ${round}`);
    expect(await bob.next("message")).toMatchObject({ text: `new ${round}` });
  }
  await bob.sendText(id, "last");
  const texts: string[] = [];
  while (texts.at(-1) !== "last") texts.push((await alice.next("message")).text);
  expect(new Set(texts.slice(0, -1))).toEqual(new Set(["are you there?"]));
}, 120_000);

it("started from an older copy as it is: notices before it reads, offers nothing old, loses nothing that nobody has answered", async () => {
  await using net = await ConvosNet.start();
  const { alice, bob, id, backup } = await backUp(net);
  await talk(alice, bob, id);
  await stopAtRest(alice);
  await bob.sendText(id, "nobody has answered");

  await putBack(alice, backup);
  await alice.start();
  expect(await alice.next("message")).toMatchObject({ text: "nobody has answered" });
  await alice.until((client) => client.status().restoring === 1);
  expect(alice.logged.filter((line) => line.includes("older than"))).toHaveLength(1);
  const offered = await comeBack(alice, bob, id);
  expect(new Set(offered)).toEqual(new Set(["are you there?", "last"]));
  for (let round = 0; round < ROUNDS; round += 1) {
    await alice.sendText(id, `new ${round}`);
    expect(await bob.next("message")).toMatchObject({ text: `new ${round}` });
  }
  expect(alice.client.restoreOffers()).toEqual([]);
}, 120_000);

it("started from an older copy after a change of the group by the newer one: is heard and hears again", async () => {
  await using net = await ConvosNet.start();
  const { alice, bob, id, backup } = await backUp(net);
  await alice.client.updateConversation(id, { name: "Kitchen" });
  await alice.sendText(id, "renamed");
  await bob.next("message");
  await stopAtRest(alice);

  await putBack(alice, backup);
  await alice.start();
  await alice.until((client) => client.status().restoring === 1);
  expect(await comeBack(alice, bob, id)).toContain("last");
}, 120_000);

it("at work in two places at once: the copy whose messages it finds makes it start anew", async () => {
  await using net = await ConvosNet.start();
  const timing = { reconcileMs: 300, newerStateMs: 300 };
  const [alice, bob] = [await net.person("alice", { timing }), await net.person("bob")];
  const { id } = await meet(bob, alice);
  await alice.next("joined");
  await alice.until((client) => client.status().queueDepth === 0);
  await stopAtRest(alice);
  await cp(alice.folder, net.folderFor("copy"), { recursive: true });
  await alice.start();
  const copy = await net.person("copy", { words: alice.words });
  await copy.sendText(id, "from the copy");
  await bob.next("message");
  await alice.until((client) => client.status().restoring === 1);
  expect(await comeBack(alice, bob, id)).toContain("last");
}, 120_000);

it("takes nothing that it sends itself for a copy's, of whatever kind, sent or cut off", async () => {
  await using net = await ConvosNet.start();
  const timing = { reconcileMs: 200, newerStateMs: 200 };
  const [alice, bob] = [await net.person("alice", { timing }), await net.person("bob")];
  const { id, inboxId } = await meet(alice, bob);
  const messageId = await alice.sendText(id, "text");
  const contents: readonly OutgoingContent[] = [
    { type: "reply", text: "reply", replyTo: messageId },
    { type: "reaction", emoji: "🎉", messageId },
    { type: "reaction", emoji: "🎉", messageId, remove: true },
    { type: "attachment", filename: "a", mimeType: "text/plain", bytes: new Uint8Array(9) },
  ];
  for (const [index, content] of contents.entries()) {
    await alice.client.send(id, content, { key: String(index) });
  }
  await alice.client.setTyping(id, true);
  await alice.client.setThinking(id, { state: "start", targetMessageId: messageId, content: "" });
  await alice.client.updateProfile(id, { name: "Alice the second" });
  await alice.client.updateConversation(id, { name: "Kitchen" });
  await using peer = await XmtpPeer.start(net.node.url);
  const direct = await peer.client.conversations.createDm(inboxId);
  await direct.sendText("hello");
  const { conversationId } = await alice.next("message");
  await alice.sendText(conversationId, "hello to you");
  await alice.until((client) => client.status().queueDepth === 0);
  // Every answer of the node is lost, so that each message is taken and not known to be.
  const lost = net.node.faults.inject({
    kind: "fail",
    code: "UNAVAILABLE",
    methods: ["SendGroupMessages"],
    applied: true,
  });
  await alice.client.send(id, { type: "text", text: "cut off" }, { key: "cut" });
  await lost.reached(1);
  await alice.restart();
  lost.remove();
  // A fault that does nothing: it counts.
  const looks = net.node.faults.inject({
    kind: "delay",
    delayMs: 0,
    methods: ["QueryGroupMessages"],
  });
  await looks.reached(20);
  expect(alice.client.status()).toMatchObject({ restoring: 0, conversations: 1 });
  expect(alice.logged.filter((line) => line.includes("older than"))).toEqual([]);
}, 120_000);

it("knows what XMTP's library sends a second time: what the network took and did not acknowledge", async () => {
  await using net = await ConvosNet.start();
  const network = createXmtpNetwork({ env: "local", apiUrl: net.node.url });
  const open = (): ReturnType<typeof network.openInbox> =>
    network.openInbox({
      key: keyFromHex("11".repeat(32)),
      databasePath: path.join(net.folderFor(""), "inbox.db3"),
      databaseKey: new Uint8Array(32).fill(7),
      mayAddInstallation: true,
    });
  const { signal } = new AbortController();
  const content = encodeTypingIndicator({ isTyping: true });
  const first = await open();
  const group = await first.createGroup({
    name: "",
    description: "",
    appData: "",
    adminOnly: false,
  });
  const unanswered = net.node.faults.inject({
    kind: "hang",
    applied: true,
    methods: ["SendGroupMessages"],
  });
  const sending = group.publish(group.prepare(content, "key"));
  sending.catch(() => undefined);
  await unanswered.reached(1);
  expect(await group.countUnacknowledged()).toBe(1);
  await first.close();
  unanswered.remove();
  const again = await open();
  const same = again.group(group.id);
  expect(await same?.countUnacknowledged()).toBe(1);
  await same?.publish(same.prepare(content, "key"));
  const { messages } = (await same?.ownTraffic("0", signal)) ?? {};
  expect([messages?.length, await same?.countOwn(), await same?.countUnacknowledged()]).toEqual([
    2, 1, 0,
  ]);
  await again.close();
}, 120_000);

it("ends at once while the node does not say what it has", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await meet(alice, bob);
  await alice.stop();
  const hanging = net.node.faults.inject({ kind: "hang", methods: ["QueryGroupMessages"] });
  await alice.start();
  await hanging.reached(1);
  const stoppedAtMs = performance.now();
  await alice.stop();
  expect(performance.now() - stoppedAtMs).toBeLessThan(4_000);
}, 30_000);

/** Alice and Bob in a conversation of his, and a copy of her folder of which she then goes on. */
async function backUp(
  net: ConvosNet,
): Promise<{ alice: ConvosPerson; bob: ConvosPerson; id: string; backup: string }> {
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(bob, alice);
  await alice.next("joined");
  await alice.until((client) => client.status().queueDepth === 0);
  // A start looks first: what was said before is known to be there once.
  await alice.restart();
  await alice.until((client) => client.status().connected);
  await stopAtRest(alice);
  const backup = net.folderFor("backup");
  await cp(alice.folder, backup, { recursive: true });
  await alice.start();
  return { alice, bob, id, backup };
}

/** Stops, until the databases are whole files: XMTP's library closes one that it could not open when it likes. */
async function stopAtRest(who: ConvosPerson): Promise<void> {
  await who.stop();
  await expect.poll(() => globSync(path.join(who.folder, "**/*-wal"))).toEqual([]);
}

async function talk(who: ConvosPerson, other: ConvosPerson, id: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await other.sendText(id, `old ${round}`);
    await who.next("message");
    await who.sendText(id, `answer ${round}`);
    await other.next("message");
  }
}

async function putBack(who: ConvosPerson, backup: string): Promise<void> {
  await rm(who.folder, { recursive: true });
  await cp(backup, who.folder, { recursive: true });
}

/**
 * Somebody who started anew is let in again by what the other one writes, and heard by the other one.
 *
 * @returns What was offered meanwhile.
 */
async function comeBack(who: ConvosPerson, other: ConvosPerson, id: string): Promise<string[]> {
  // XMTP looks for new installations of members when somebody writes, at most every five seconds.
  const isBack = async (): Promise<boolean> => {
    await other.sendText(id, "are you there?");
    return who.client.conversations().some((each) => each.id === id);
  };
  await expect.poll(isBack, { interval: 1_000, timeout: BACK_MS }).toBe(true);
  await who.sendText(id, "back again");
  for (;;) if ((await other.next("message")).text === "back again") break;
  await other.sendText(id, "last");
  const texts: string[] = [];
  while (texts.at(-1) !== "last") texts.push((await who.next("message")).text);
  return texts;
}

it("with a damaged database of XMTP's library it says so, registers nothing, and goes on once that is whole again", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const [damaged, other] = [await meet(bob, alice), await meet(bob, alice)];
  await alice.until((client) => client.status().queueDepth === 0);
  await stopAtRest(alice);
  const file = path.join(alice.folder, "inboxes", "0", "inbox.db3");
  const whole = net.folderFor("whole.db3");
  await cp(file, whole);
  await truncate(file, Math.floor(statSync(file).size / 2));
  const before = net.node.stats();
  await alice.start();
  await alice.until((client) => client.status().lastErrorCode !== undefined);
  await bob.sendText(other.id, "and you?");
  for (;;) if ((await alice.next("message")).conversationId === other.id) break;
  expect(net.node.stats()).toMatchObject({ installations: before.installations });
  await bob.sendText(damaged.id, "are you there?");
  await stopAtRest(alice);
  await cp(whole, file);
  await alice.start();
  expect(await alice.next("message")).toMatchObject({ conversationId: damaged.id });
}, 120_000);
