import {
  ConvosError,
  createXmtpNetwork,
  decodeInvite,
  decodeMetadata,
  encodeExplodeSettings,
  encodeMetadata,
  encodeProfileSnapshot,
  rootFromMnemonic,
  type XmtpDirect,
} from "convos-node-sdk";
import { expect, it } from "vitest";
import { changeInboxes } from "../support/change-inboxes.ts";
import { ConvosNet, type ConvosPerson, meet } from "../support/convos-people.ts";
import { sendParts, XmtpPeer } from "../support/xmtp-peer.ts";

const FOREIGN_GROUPS = 20;

it("keeps a stranger's many groups out, says nothing in them, and talks on in its own", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await using stranger = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await meet(alice, bob);
  await bob.next("joined");
  const traps = [];
  for (let count = 0; count < FOREIGN_GROUPS; count += 1) {
    traps.push(await stranger.client.conversations.createGroup([inboxId], { groupName: "Trap" }));
  }
  const startedMs = performance.now();
  await bob.sendText(id, "are you there?");
  expect(await alice.next("message")).toMatchObject({ text: "are you there?" });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await alice.restart();
  await alice.until((client) => client.status().connected);
  await bob.sendText(id, "and now?");
  expect(await alice.take()).toMatchObject({ type: "message", text: "and now?" });
  await stranger.client.conversations.syncAll();
  const said = await Promise.all(traps.map((trap) => trap.messages()));
  const texts = said
    .flat()
    .filter((message) => message.senderInboxId === inboxId)
    .filter(({ contentType }) => contentType.typeId !== "leave_request");
  expect(texts).toEqual([]);
  expect(alice.client.conversations()).toMatchObject([{ id, state: "active" }]);
  expect(alice.logged.filter((line) => line.includes("added us")).length).toBeLessThan(
    FOREIGN_GROUPS,
  );
}, 60_000);

it("keeps revoked invites dead when a member writes the old tag back, and makes new ones that work", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob, carol] = [
    await net.person("alice"),
    await net.person("bob"),
    await net.person("carol"),
  ];
  const { id, group, slug } = await enterWithPeer(net, alice);
  await alice.client.revokeInvites(id);
  await group.sync();
  const { tag } = decodeInvite(slug).payload;
  await group.updateAppData(encodeMetadata({ tag, profiles: [] }));
  await alice.next("conversation_updated");
  await expect(bob.join(slug)).rejects.toThrow("conversation_expired");
  const fresh = await alice.client.createInvite(id);
  expect(decodeInvite(fresh.slug).payload.tag).not.toBe(tag);
  expect(await carol.join(fresh.url)).toMatchObject({ id });
});

it("locks and explodes although a member made the metadata unreadable", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  const { id, group } = await enterWithPeer(net, alice);
  await group.updateAppData("no metadata at all");
  await alice.next("conversation_updated");
  await expect(alice.client.lock(id)).rejects.toMatchObject({ code: "malformed" });
  await using other = await XmtpPeer.start(net.node.url);
  await group.sync();
  await expect(group.addMembers([other.inboxId])).rejects.toBeInstanceOf(Error);
  await alice.client.explode(id);
  expect(alice.client.conversations()).toMatchObject([{ state: "exploded" }]);
  await group.sync();
  expect(group.isActive).toBe(false);
});

it("lets no member end the conversation later, or rename one who has named itself", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id, inboxId, group } = await enterWithPeer(net, alice);
  await bob.join((await alice.client.createInvite(id)).url);
  await alice.client.updateProfile(id, { name: "alice" });
  await bob.next("profile_changed");
  await group.sync();
  await sendParts(group, encodeExplodeSettings({ expiresAtMs: Date.now() + 1_000 }));
  await sendParts(group, encodeProfileSnapshot([{ inboxId, name: "The owner" }]));
  await group.sendText("done");
  expect(await bob.next("message")).toMatchObject({ text: "done" });
  expect(bob.client.conversations()).toMatchObject([{ state: "active" }]);
  expect(bob.client.conversations()[0]?.explodesAtMs).toBeUndefined();
  const members = await bob.client.members(id);
  expect(members.find((member) => member.inboxId === inboxId)?.name).toBe("alice");
});

it("lets no member rename others for those who join later", async () => {
  await using net = await ConvosNet.start();
  const [alice, carol] = [await net.person("alice"), await net.person("carol")];
  const { id, inboxId, group } = await enterWithPeer(net, alice);
  await alice.until((client) => client.status().queueDepth === 0);
  // Carol cannot read what was said before she came: she knows the others from Alice, who let her in.
  const { inboxId: carolsInbox } = await carol.join((await alice.client.createInvite(id)).url);
  await alice.until((client) => client.status().queueDepth === 0);
  await group.sync();
  const names = [inboxId, carolsInbox].map((each) => ({ inboxId: each, name: "The owner" }));
  await sendParts(group, encodeProfileSnapshot(names));
  const { tag } = decodeMetadata(group.appData);
  const profiles = names.map(({ name, inboxId: each }) => ({ inboxId: each, name }));
  await group.updateAppData(encodeMetadata({ tag, profiles }));
  await group.sendText("done");
  expect(await carol.next("message")).toMatchObject({ text: "done" });
  const shown = await carol.client.members(id);
  expect(shown.map(({ name }) => name)).not.toContain("The owner");
  expect(shown.find((member) => member.inboxId === inboxId)?.name).toBe("alice");
});

it("uses no key again that an account used before it lost its folder", async () => {
  await using net = await ConvosNet.start();
  const before = await net.person("before");
  const { inboxId: first } = await before.client.createConversation();
  await before.stop();
  const after = await net.person("after", { words: before.words });
  const made = await Promise.all([
    after.client.createConversation(),
    after.client.createConversation(),
  ]);
  const inboxIds = made.map(({ inboxId }) => inboxId);
  expect(new Set([first, ...inboxIds]).size).toBe(3);
  const root = rootFromMnemonic(before.words);
  expect(inboxIds.toSorted()).toEqual(
    [1, 2].map((index) => root.conversationKey(index).inboxId).toSorted(),
  );
});

it("goes on answering and sending when one stranger's direct conversation fails each time", async () => {
  await using net = await ConvosNet.start();
  const network = createXmtpNetwork({ env: "local", apiUrl: net.node.url });
  await using stranger = await XmtpPeer.start(net.node.url);
  const alice = await net.person("alice", {
    network: changeInboxes(network, (inbox) => ({
      directs: async (among) =>
        (await inbox.directs(among)).map((direct) => unlessFrom(direct, stranger.inboxId)),
    })),
  });
  const bob = await net.person("bob");
  const { id, inboxId } = await alice.client.createConversation();
  await stranger.write(inboxId, "hello");
  await alice.restart();
  await alice.until((client) => client.status().connected);
  expect(await bob.join((await alice.client.createInvite(id)).url)).toMatchObject({ id });
  await alice.sendText(id, "sent");
  expect(await bob.next("message")).toMatchObject({ text: "sent" });
});

const rejectRead = (): Promise<never> =>
  Promise.reject(new ConvosError("xmtp_failed", "test: cannot be read"));

/** A direct conversation that cannot be read if it is with somebody. */
function unlessFrom(direct: XmtpDirect, peerInboxId: string): XmtpDirect {
  if (direct.peerInboxId !== peerInboxId) return direct;
  return { ...direct, messages: rejectRead };
}

/** A conversation of a person with somebody in it who writes what the test wants. */
async function enterWithPeer(net: ConvosNet, creator: ConvosPerson) {
  const peer = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await creator.client.createConversation();
  const { slug } = await creator.client.createInvite(id);
  await peer.write(inboxId, slug);
  await creator.next("members_changed");
  const group = await peer.group(id);
  if (group === undefined) throw new Error("test: not in the group");
  return { id, inboxId, slug, peer, group };
}
