import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import { keyFromHex } from "convos-node-sdk";
import { expect, it } from "vitest";
import { ConvosNet, meet } from "../support/convos-people.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

it("makes no installation of a key that is at work elsewhere unless somebody allows it", async () => {
  await using net = await ConvosNet.start();
  await using elsewhere = await XmtpPeer.start(net.node.url);
  const [alice, bob] = [
    await net.person("alice", { ownerKey: elsewhere.key }),
    await net.person("bob"),
  ];
  const { id } = await bob.client.createConversation();
  const { url } = await bob.client.createInvite(id);
  const before = net.node.stats();
  await expect(alice.client.join(url, { useOwnerKey: true })).rejects.toMatchObject({
    code: "key_in_use",
  });
  await expect(alice.client.createConversation({ useOwnerKey: true })).rejects.toMatchObject({
    code: "key_in_use",
  });
  // Nothing is written down either: the same invite is still to be used.
  expect(alice.client.pendingJoins()).toEqual([]);
  expect(net.node.stats()).toMatchObject({ installations: before.installations });
  const allowed = { useOwnerKey: true, mayAddInstallation: true };
  const { joinId } = await alice.client.join(url, allowed);
  const signal = AbortSignal.timeout(30_000);
  expect(await alice.client.whenJoined(joinId, { signal })).toMatchObject({
    id,
    inboxId: elsewhere.inboxId,
  });
  expect(alice.client.status()).toMatchObject({ maxInstallations: 2 });
});

it("registers a key that nobody has registered without a question", async () => {
  await using net = await ConvosNet.start();
  const ownerKey = keyFromHex(randomBytes(32).toString("hex"));
  const alice = await net.person("alice", { ownerKey });
  expect(await alice.client.createConversation({ useOwnerKey: true })).toMatchObject({
    inboxId: ownerKey.inboxId,
  });
  expect(net.node.stats()).toMatchObject({ installations: 1 });
});

it("says so when a conversation's database is gone, registers nothing, and takes it up by a restore", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await alice.stop();
  rmSync(path.join(alice.folder, "inboxes", "0"), { recursive: true });
  const before = net.node.stats();
  await alice.start();
  await alice.until((client) => client.status().stuck.length > 0);
  // It is no outage, and nothing mends by itself what one try after the other would ask the network about.
  expect(alice.client.status()).toMatchObject({
    connected: true,
    connectedConversations: 0,
    lastErrorCode: undefined,
    stuck: [{ conversationId: id, errorCode: "key_in_use" }],
  });
  expect(net.node.stats()).toMatchObject({ installations: before.installations });
  const signal = AbortSignal.timeout(20_000);
  expect(await alice.client.restoreScan({ signal })).toMatchObject({ found: 1, restored: 1 });
  await alice.until((client) => client.status().connected);
  const isBack = async (): Promise<string | undefined> => {
    await bob.sendText(id, "are you there?");
    return alice.client.conversations()[0]?.state;
  };
  await expect.poll(isBack, { interval: 1_000, timeout: 20_000 }).toBe("active");
  expect(await alice.next("message")).toMatchObject({ conversationId: id });
});
