import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import {
  createInvite,
  decodeMetadata,
  encodeExplodeSettings,
  encodeMetadata,
  encodeTypingIndicator,
  rootFromMnemonic,
} from "convos-node-sdk";
import { expect, it } from "vitest";
import { ConvosNet, type ConvosPerson, meet } from "../support/convos-people.ts";
import { sendParts, XmtpPeer } from "../support/xmtp-peer.ts";

const BOOKKEEPING = ["members_changed", "conversation_updated", "profile_changed"];
/** Longer than until the next comparison with the network. */
const POLL = { timeout: 30_000 };

it("renames, shows profiles, and keeps typing and thinking out of the events", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await bob.client.updateConversation(id, { name: "Kitchen", description: "Food", emoji: "🍕" });
  // XMTP's library now and then applies a change of the metadata without its note about it; what counts is the state.
  await expect
    .poll(() => alice.client.conversations(), POLL)
    .toMatchObject([{ name: "Kitchen", description: "Food", emoji: "🍕" }]);
  await bob.client.updateProfile(id, { name: "Robert" });
  const names = async (): Promise<(string | undefined)[]> =>
    (await alice.client.members(id)).map(({ name }) => name);
  await expect.poll(names, POLL).toContain("Robert");
  await bob.client.setTyping(id, true);
  const targetMessageId = await alice.sendText(id, "question");
  await bob.client.setThinking(id, { state: "start", targetMessageId, content: "the question" });
  await bob.client.setThinking(id, { state: "stop", targetMessageId, content: "the question" });
  await bob.client.setTyping(id, false);
  await bob.sendText(id, "answer");
  const events = await alice.takeThrough("message");
  expect(events.at(-1)).toMatchObject({ type: "message", text: "answer" });
  const before = events.slice(0, -1);
  expect(BOOKKEEPING).toEqual(expect.arrayContaining(before.map(({ type }) => type)));
  const fields = before.flatMap((event) =>
    event.type === "conversation_updated" ? [event.field] : [],
  );
  expect(new Set(fields).size).toBe(fields.length);
  expect(["name", "description", "metadata"]).toEqual(expect.arrayContaining(fields));
});

it("locks and unlocks: old invites are dead, and no member adds anybody meanwhile", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await using peer = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await alice.client.createConversation();
  const before = await alice.client.createInvite(id);
  await peer.write(inboxId, before.slug);
  await alice.next("members_changed");
  const group = await peer.group(id);
  await alice.client.lock(id);
  await using other = await XmtpPeer.start(net.node.url);
  await group?.sync();
  await expect(group?.addMembers([other.inboxId])).rejects.toBeInstanceOf(Error);
  expect(await alice.client.members(id)).toHaveLength(2);
  await expect(bob.join(before.url)).rejects.toThrow("conversation_expired");
  await alice.client.unlock(id);
  await expect(bob.join(before.url)).rejects.toThrow("conversation_expired");
  const after = await alice.client.createInvite(id);
  expect(await bob.join(after.url)).toMatchObject({ id });
});

it("leaves no trace of a conversation that its creator explodes, on either side", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await bob.until((client) => client.status().queueDepth === 0);
  await expect(bob.client.explode(id)).rejects.toMatchObject({ code: "not_allowed" });
  await alice.client.send(id, { type: "text", text: "last words" }, { key: "last" });
  await alice.client.explode(id);
  expect(await bob.next("ended")).toMatchObject({ conversationId: id, how: "exploded" });
  expect(await alice.next("ended")).toMatchObject({ how: "exploded" });
  for (const person of [alice, bob]) {
    expect(inboxFolders(person)).toEqual([]);
    expect(person.client.conversations()).toMatchObject([{ id, state: "exploded" }]);
    await expect(
      person.client.send(id, { type: "text", text: "?" }, { key: "late" }),
    ).rejects.toMatchObject({ code: "not_allowed" });
  }
});

it("explodes at the time that was set, also when nobody is there to say so again", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await alice.client.explode(id, { atMs: Date.now() + 1_500 });
  await bob.until((client) => client.conversations()[0]?.explodesAtMs !== undefined);
  await alice.stop();
  expect(await bob.next("ended")).toMatchObject({ how: "exploded" });
});

it("takes no order to explode from a member who may not give it", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  await using peer = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await peer.write(inboxId, slug);
  await alice.next("members_changed");
  const group = await peer.group(id);
  if (group === undefined) throw new Error("test: not in the group");
  await sendParts(group, encodeExplodeSettings({ expiresAtMs: Date.now() - 1_000 }));
  await sendParts(group, encodeTypingIndicator({ isTyping: true }));
  await group.updateAppData("no metadata at all");
  await group.sendText("still here");
  expect(await alice.next("message")).toMatchObject({ text: "still here" });
  expect(alice.client.conversations()).toMatchObject([{ state: "active" }]);
  // What cannot be read is not written over.
  await expect(alice.client.revokeInvites(id)).rejects.toMatchObject({ code: "malformed" });
  expect((await peer.group(id))?.appData).toBe("no metadata at all");
});

it("does not end at the time that an admin set who is none any more by then", async () => {
  await using net = await ConvosNet.start();
  await using creator = await XmtpPeer.start(net.node.url);
  await using admin = await XmtpPeer.start(net.node.url);
  let aheadMs = 0;
  const bob = await net.person("bob", { clock: { now: () => Date.now() + aheadMs } });
  const tag = "AAAAAAAAAA";
  const appData = encodeMetadata({ tag, profiles: [] });
  const group = await creator.client.conversations.createGroup([admin.inboxId], { appData });
  const { slug } = createInvite({
    privateKey: creator.key.privateKey,
    creatorInboxId: creator.inboxId,
    conversationId: group.id,
    tag,
  });
  await bob.client.join(slug);
  await bob.until((client) => client.status().connected);
  await group.addMembers([rootFromMnemonic(bob.words).conversationKey(0).inboxId]);
  await bob.next("joined");
  await group.addAdmin(admin.inboxId);
  const copy = await admin.group(group.id);
  await copy?.sync();
  const expiresAtMs = Date.now() + 600_000;
  if (copy !== undefined) await sendParts(copy, encodeExplodeSettings({ expiresAtMs }));
  await bob.until((client) => client.conversations()[0]?.explodesAtMs !== undefined);
  await group.sync();
  await group.removeAdmin(admin.inboxId);
  await group.sendText("no admin any more");
  await bob.next("message");
  aheadMs = 700_000;
  await group.sendText("eleven minutes later");
  expect(await bob.next("message")).toMatchObject({ text: "eleven minutes later" });
  await bob.until((client) => client.conversations()[0]?.explodesAtMs === undefined);
  expect(bob.client.conversations()).toMatchObject([{ id: group.id, state: "active" }]);
});

it("keeps what others wrote into the metadata when it changes its own part", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  const both = [alice, bob].map((person, index) =>
    person.client.updateConversation(id, { emoji: index === 0 ? "🍕" : "🥝" }),
  );
  await Promise.all([...both, alice.client.revokeInvites(id)]);
  await using peer = await XmtpPeer.start(net.node.url);
  const { slug } = await alice.client.createInvite(id);
  const [summary] = alice.client.conversations();
  await peer.write(summary?.inboxId ?? "", slug);
  await expect.poll(async () => (await peer.group(id))?.isActive, { timeout: 20_000 }).toBe(true);
  const metadata = decodeMetadata((await peer.group(id))?.appData ?? "");
  expect(metadata.tag).toBe(summary?.tag);
  expect(["🍕", "🥝"]).toContain(metadata.emoji);
});

it("leaves, is taken out, and says which of the two", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob, carol] = [
    await net.person("alice"),
    await net.person("bob"),
    await net.person("carol"),
  ];
  const { id } = await meet(alice, bob, carol);
  const [bobsInbox, carolsInbox] = [bob, carol].map(
    ({ client }) => client.conversations()[0]?.inboxId ?? "",
  );
  await bob.client.leave(id);
  expect(await bob.next("ended")).toMatchObject({ how: "left" });
  await expect.poll(async () => (await alice.client.members(id)).length).toBe(2);
  await alice.client.removeMembers(id, [carolsInbox ?? ""]);
  expect(await carol.next("ended")).toMatchObject({ how: "removed" });
  expect(bobsInbox).not.toBe(carolsInbox);
  await alice.sendText(id, "alone");
});

/** Folders of the conversations that a person still has on disk. */
function inboxFolders({ folder }: ConvosPerson): string[] {
  const inboxes = path.join(folder, "inboxes");
  return existsSync(inboxes) ? readdirSync(inboxes) : [];
}
