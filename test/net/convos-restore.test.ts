import { encodeMetadata, rootFromMnemonic } from "convos-node-sdk";
import { expect, it } from "vitest";
import { ConvosNet, type ConvosPerson, meet } from "../support/convos-people.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

const TAG = "AAAAAAAAAA";

it("finds every conversation again from the words alone, once somebody writes", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const made = await meet(alice, bob);
  const joined = await meet(bob, alice);
  await alice.client.revokeInvites(made.id);
  const again = await restore(net, alice, 2);
  await writeUntil(bob, [made.id, joined.id], () => {
    const { restoring, restoreOffers } = again.client.status();
    return restoring === 1 && restoreOffers === 1;
  });
  // What we made is ours by its tag; of what we joined somebody has to say so.
  expect(again.client.conversations()).toMatchObject([{ id: made.id, isCreator: true }]);
  expect(again.client.restoreOffers()).toMatchObject([
    { conversationId: joined.id, name: "Room", memberCount: 2 },
  ]);
  expect(await again.next("restore_offered")).toMatchObject({ conversationId: joined.id });
  await again.client.confirmRestore(joined.id);
  expect(again.client.status()).toMatchObject({
    restoring: 0,
    restoreOffers: 0,
    maxInstallations: 2,
  });
  expect(again.client.conversations()).toMatchObject([
    { id: made.id, isCreator: true },
    { id: joined.id, isCreator: false },
  ]);
  await again.sendText(joined.id, "yes");
  expect(await bob.next("message")).toMatchObject({ conversationId: joined.id, text: "yes" });
}, 60_000);

it("takes no stranger's group for a lost conversation, though it comes first and under any tag", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await using stranger = await XmtpPeer.start(net.node.url);
  const joined = await meet(bob, alice);
  const again = await restore(net, alice, 1);
  const inboxId = rootFromMnemonic(alice.words).conversationKey(0).inboxId;
  const traps = [];
  for (const tag of [joined.tag ?? "", TAG, TAG, TAG, TAG]) {
    const appData = encodeMetadata({ tag, profiles: [] });
    const trap = await stranger.client.conversations.createGroup([inboxId], { appData });
    await trap.sendText("it is me");
    traps.push(trap);
  }
  expect(await again.next("restore_offered")).toMatchObject({ senderInboxId: stranger.inboxId });
  const [bobsInbox] = bob.client.conversations().map((conversation) => conversation.inboxId);
  await writeUntil(bob, [joined.id], () =>
    again.client.restoreOffers().some(({ addedBy }) => addedBy === bobsInbox),
  );
  // Nobody's group is at work; one who made five of them is asked about three times.
  expect(again.client.conversations()).toEqual([]);
  expect(again.client.restoreOffers()).toHaveLength(4);
  const [trap] = traps;
  await again.client.refuseRestore(trap?.id ?? "");
  await expect(again.client.confirmRestore(trap?.id ?? "")).rejects.toMatchObject({
    code: "unknown_conversation",
  });
  await again.client.confirmRestore(joined.id);
  expect(again.client.restoreOffers()).toEqual([]);
  await bob.sendText(joined.id, "really?");
  expect(await again.next("joined")).toMatchObject({ conversationId: joined.id });
  await again.restart();
  await again.until((client) => client.status().connected);
  await Promise.all(traps.map((each) => each.sendText("still here?")));
  await bob.sendText(joined.id, "last");
  const texts: string[] = [];
  while (texts.at(-1) !== "last") texts.push((await again.next("message")).text);
  expect(texts).not.toContain("it is me");
  expect(texts).not.toContain("still here?");
  expect(again.client.conversations()).toMatchObject([{ id: joined.id }]);
}, 60_000);

it("prefers what it made itself to everything that others offer", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await using stranger = await XmtpPeer.start(net.node.url);
  const made = await meet(alice, bob);
  const again = await restore(net, alice, 1);
  const appData = encodeMetadata({ tag: made.tag ?? "", profiles: [] });
  const trap = await stranger.client.conversations.createGroup([made.inboxId], { appData });
  await trap.sendText("it is me");
  expect(await again.next("restore_offered")).toMatchObject({ senderInboxId: stranger.inboxId });
  await writeUntil(bob, [made.id], () => again.client.conversations().length === 1);
  expect(again.client.conversations()).toMatchObject([{ id: made.id, isCreator: true }]);
  expect(again.client.status()).toMatchObject({ restoring: 0, restoreOffers: 0 });
});

/** Somebody who lost everything but the words, and looked their keys up. */
async function restore(net: ConvosNet, lost: ConvosPerson, keys: number): Promise<ConvosPerson> {
  await lost.until((client) => client.status().queueDepth === 0);
  await lost.stop();
  const again = await net.person("again", { words: lost.words });
  const signal = AbortSignal.timeout(20_000);
  expect(await again.client.restoreScan({ signal })).toMatchObject({ found: keys, restored: keys });
  await again.until((client) => client.status().connected);
  return again;
}

/** XMTP looks for new installations of members when somebody writes, at most every five seconds. */
async function writeUntil(
  writer: ConvosPerson,
  conversationIds: readonly string[],
  condition: () => boolean,
): Promise<void> {
  const write = async (): Promise<boolean> => {
    for (const id of conversationIds) await writer.sendText(id, "are you there?");
    return condition();
  };
  await expect.poll(write, { interval: 1_000, timeout: 20_000 }).toBe(true);
}
