import {
  createInvite,
  decodeInvite,
  encodeJoinRequest,
  encodeMetadata,
  formatInviteUrl,
  type JoinRequestFacts,
  rootFromMnemonic,
} from "convos-node-sdk";
import { expect, it } from "vitest";
import { ConvosNet, type ConvosPerson, meet } from "../support/convos-people.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

/** Some byte of the token: the first field of the payload, of 63 bytes. */
const TOKEN_BYTE = 20;

it("lets somebody in who asked while we were away, and remembers its own request over a restart", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await alice.stop();
  const { joinId } = await bob.client.join(slug);
  await expect(bob.client.join(slug)).rejects.toMatchObject({ code: "already_joined" });
  await bob.restart();
  expect(bob.client.pendingJoins()).toMatchObject([{ joinId, state: "pending" }]);
  await alice.start();
  expect(await bob.next("joined")).toMatchObject({ conversationId: id });
  expect(bob.client.pendingJoins()).toEqual([]);
});

it("lets a member who was taken out come back by the same invite, and asks us about both", async () => {
  await using net = await ConvosNet.start();
  const asked: JoinRequestFacts[] = [];
  const alice = await net.person("alice", {
    admit: (request) => {
      asked.push(request);
      return "admit";
    },
  });
  await using peer = await XmtpPeer.start(net.node.url);
  const { id, inboxId } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await peer.write(inboxId, encodeJoinRequest({ inviteSlug: slug, profile: { name: "Phone" } }));
  expect(await alice.next("members_changed")).toMatchObject({ added: [peer.inboxId] });
  await alice.client.removeMembers(id, [peer.inboxId]);
  // An older app sends the link's text alone.
  await peer.write(inboxId, slug);
  expect(await alice.next("members_changed")).toMatchObject({ added: [peer.inboxId] });
  expect(asked).toEqual([
    { conversationId: id, inboxId: peer.inboxId, singleUse: false, profile: { name: "Phone" } },
    { conversationId: id, inboxId: peer.inboxId, singleUse: false },
  ]);
  await expect.poll(async () => (await peer.group(id))?.isActive).toBe(true);
});

it("tells a joiner why not: revoked, used up, or refused by us", async () => {
  await using net = await ConvosNet.start();
  const answers: ("admit" | "refuse")[] = ["admit", "refuse"];
  const alice = await net.person("alice", { admit: () => answers.shift() ?? "admit" });
  const [bob, carol] = [await net.person("bob"), await net.person("carol")];
  const { id } = await alice.client.createConversation();
  const once = await alice.client.createInvite(id, { singleUse: true });
  const old = await alice.client.createInvite(id);
  await bob.join(once.url);
  expect(alice.client.isInviteUsed(id, once.id)).toBe(true);
  expect(alice.client.isInviteUsed(id, old.id)).toBe(false);
  await expect(carol.join(once.url)).rejects.toMatchObject({ code: "join_refused" });
  expect(await carol.next("join_failed")).toMatchObject({ errorType: "conversation_expired" });
  expect(carol.client.refusedJoins()).toMatchObject([{ errorType: "conversation_expired" }]);
  expect(carol.logged.join("\n")).toContain(
    "a join was refused (conversation_expired): the invite has ended",
  );
  await expect(carol.join(old.url)).rejects.toThrow("consent_not_allowed");
  await alice.client.revokeInvites(id);
  await expect(carol.join(old.url)).rejects.toThrow("conversation_expired");
  const { url } = await alice.client.createInvite(id);
  expect(await carol.join(url)).toMatchObject({ id });
});

it("refuses a link that leads nowhere before anything is written down or sent", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await alice.client.createConversation();
  const { url, slug } = await alice.client.createInvite(id);
  const expired = await alice.client.createInvite(id, { expiresAtMs: Date.now() - 1_000 });
  const forged = forge(slug);
  const before = net.node.stats();
  const codes = await Promise.all(
    [
      alice.client.join(url),
      bob.client.join(expired.url),
      bob.client.join(forged),
      bob.client.join(formatInviteUrl(slug, "production")),
      bob.client.join(slug.slice(0, -20)),
      bob.client.join("https://popup.convos.org/template/0ad1d8a2"),
    ].map((joining) => joining.catch((error: unknown) => error)),
  );
  expect(codes).toMatchObject([
    { code: "own_invite" },
    { code: "invite_expired" },
    { code: "invite_forged" },
    { code: "foreign_network" },
    { code: "invalid_invite" },
    { code: "wrong_link" },
  ]);
  expect(bob.client.pendingJoins()).toEqual([]);
  expect(net.node.stats()).toMatchObject({ inboxes: before.inboxes });
});

it("blocks who forges an invite in our name, and does nothing at all for ordinary texts", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  const { id, inboxId } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await using forger = await XmtpPeer.start(net.node.url);
  await using friend = await XmtpPeer.start(net.node.url);
  for (const text of ["YES", "1", "2", "👍", "❤️", "нет", "x".repeat(80)]) {
    await friend.write(inboxId, text);
  }
  const fake = createInvite({
    privateKey: forger.key.privateKey,
    creatorInboxId: inboxId,
    conversationId: id,
    tag: decodeInvite(slug).payload.tag,
  });
  await forger.write(inboxId, encodeJoinRequest({ inviteSlug: fake.slug }));
  await forger.write(inboxId, encodeJoinRequest({ inviteSlug: slug }));
  await expect
    .poll(() => alice.logged)
    .toContain("a join request with a forged invite was blocked");
  // Whoever chatted before is let in by a real invite.
  await friend.write(inboxId, encodeJoinRequest({ inviteSlug: slug }));
  expect(await alice.next("members_changed")).toMatchObject({ added: [friend.inboxId] });
  expect(await forger.read(inboxId)).toEqual([]);
  // What the friend said is a direct conversation, and the forger has none.
  await expect
    .poll(() => alice.client.conversations())
    .toMatchObject([
      { id, state: "active" },
      { kind: "dm", peerInboxId: friend.inboxId },
    ]);
  await expect.poll(() => alice.client.members(id)).toHaveLength(2);
});

it("takes no stranger's group for the one it was invited to, whatever its tag", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await using stranger = await XmtpPeer.start(net.node.url);
  const { id } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  await alice.stop();
  await bob.client.join(slug);
  const bobsInbox = await firstInboxOf(bob);
  const { tag } = decodeInvite(slug).payload;
  const trap = await stranger.client.conversations.createGroup([bobsInbox], {
    groupName: "Trap",
    appData: encodeMetadata({ tag, profiles: [] }),
  });
  await trap.sendText("you are in");
  await expect.poll(() => bob.logged.join("\n")).toContain("not the one we were invited to");
  expect(bob.client.pendingJoins()).toHaveLength(1);
  await alice.start();
  expect(await bob.take()).toMatchObject({ type: "joined", conversationId: id });
  await trap.sendText("still here?");
  await alice.sendText(id, "welcome");
  expect(await bob.next("message")).toMatchObject({ conversationId: id, text: "welcome" });
});

it("lets so many people in per hour and keeps the others waiting", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice", { timing: { admissionsPerHour: 1 } });
  const [bob, carol] = [await net.person("bob"), await net.person("carol")];
  const { id } = await meet(alice, bob);
  const { url } = await alice.client.createInvite(id);
  const { joinId } = await carol.client.join(url);
  expect(await alice.next("joins_waiting")).toMatchObject({ conversationId: id });
  expect(carol.client.pendingJoins()).toMatchObject([{ joinId }]);
});

/** An invite with another token than was signed: by its signature somebody else made it. */
function forge(slug: string): string {
  const bytes = Buffer.from(slug.replaceAll("*", ""), "base64url");
  bytes[TOKEN_BYTE] = (bytes[TOKEN_BYTE] ?? 0) ^ 1;
  return bytes.toString("base64url");
}

/** The inbox of a person's first conversation, registered once the person is connected. */
async function firstInboxOf(person: ConvosPerson): Promise<string> {
  await person.until((client) => client.status().connected);
  return rootFromMnemonic(person.words).conversationKey(0).inboxId;
}
