import { readdirSync } from "node:fs";
import path from "node:path";
import {
  ConvosClient,
  createXmtpNetwork,
  generateMnemonic,
  keyFromHex,
  rootFromMnemonic,
  type XmtpNetwork,
} from "convos-node-sdk";
import { expect, it } from "vitest";
import { changeInboxes } from "../support/change-inboxes.ts";
import { ConvosNet, meet } from "../support/convos-people.ts";
import { listEntries, readFiles } from "../support/folder-files.ts";

const SECRET_TEXT = "the walrus sleeps at noon";

it("gives every conversation a key, an inbox, an installation and a database of its own", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice", { ownerKey: keyFromHex("07".repeat(32)) });
  await alice.client.createConversation({ useOwnerKey: true });
  await alice.client.createConversation();
  await alice.client.createConversation();
  await expect(alice.client.createConversation({ useOwnerKey: true })).rejects.toMatchObject({
    code: "not_allowed",
  });
  const inboxIds = alice.client.conversations().map(({ inboxId }) => inboxId);
  expect(new Set(inboxIds).size).toBe(3);
  expect(inboxIds[0]).toBe(keyFromHex("07".repeat(32)).inboxId);
  const root = rootFromMnemonic(alice.words);
  expect(inboxIds.slice(1)).toEqual([0, 1].map((index) => root.conversationKey(index).inboxId));
  expect(net.node.stats()).toMatchObject({ inboxes: 3, installations: 3 });
  expect(readdirSync(path.join(alice.folder, "inboxes")).toSorted()).toEqual(["0", "1", "owner"]);
});

it("opens with the owner key that it has used and with no other, until that conversation is left", async () => {
  await using net = await ConvosNet.start();
  const ownerKey = keyFromHex("07".repeat(32));
  const alice = await net.person("alice", { ownerKey });
  const { id } = await alice.client.createConversation({ useOwnerKey: true });
  await alice.stop();
  const root = rootFromMnemonic(alice.words);
  const options = { folder: alice.folder, root, env: "local", apiUrl: net.node.url } as const;
  const wanted = { code: "owner_key_mismatch", inboxId: ownerKey.inboxId };
  const other = { ...options, ownerKey: keyFromHex("08".repeat(32)) };
  await expect(ConvosClient.open(other)).rejects.toMatchObject(wanted);
  await expect(ConvosClient.open(options)).rejects.toMatchObject(wanted);
  expect(net.node.stats()).toMatchObject({ inboxes: 1, installations: 1 });
  await alice.start();
  await alice.client.leave(id);
  await alice.stop();
  await using opened = await ConvosClient.open(other);
  expect(opened.conversations()).toMatchObject([{ id, state: "left" }]);
  await opened.close();
  await alice.start();
});

it("leaves nothing readable on disk, and opens for one client with the right words only", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice-of-the-lake"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.client.send(id, { type: "text", text: SECRET_TEXT }, { key: "secret" });
  await alice.until((client) => client.status().unhandled > 1);
  const options = { folder: alice.folder, env: "local", apiUrl: net.node.url } as const;
  const root = rootFromMnemonic(alice.words);
  await expect(ConvosClient.open({ ...options, root })).rejects.toMatchObject({ code: "locked" });
  await alice.stop();
  const files = listEntries(alice.folder).filter(({ isFile }) => isFile);
  expect(files.length).toBeGreaterThan(2);
  expect(files.filter(({ name }) => name.endsWith("-wal"))).toEqual([]);
  const secrets = [SECRET_TEXT, "alice-of-the-lake", '"Room', ...alice.words.split(" ", 2)];
  const readable = readFiles(alice.folder).filter(({ bytes }) =>
    secrets.some((secret) => secret.length > 4 && bytes.includes(secret)),
  );
  expect(readable).toEqual([]);
  expect(files.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
  const other = rootFromMnemonic(generateMnemonic());
  await expect(ConvosClient.open({ ...options, root: other })).rejects.toMatchObject({
    code: "wrong_key",
  });
  await alice.start();
  await alice.next("message");
});

it("goes on in one conversation while another one is stuck", async () => {
  await using net = await ConvosNet.start();
  const stuck = new Set<string>();
  const alice = await net.person("alice", {
    network: stalling(createXmtpNetwork({ env: "local", apiUrl: net.node.url }), stuck),
  });
  const bob = await net.person("bob");
  const [one, two] = [await meet(alice, bob), await meet(alice, bob)];
  await alice.until((client) => client.status().queueDepth === 0);
  stuck.add(one.id);
  await alice.client.send(one.id, { type: "text", text: "stuck" }, { key: "1" });
  await alice.sendText(two.id, "free");
  expect(await bob.next("message")).toMatchObject({ conversationId: two.id, text: "free" });
  await bob.sendText(two.id, "heard");
  expect(await alice.next("message")).toMatchObject({ conversationId: two.id, text: "heard" });
  expect(alice.client.messageStatus(one.id, "1")).toMatchObject({ status: "queued" });
  expect(alice.client.status().queueDepth).toBe(1);
});

/** The real network, but nothing that is published into some groups ever comes to an end. */
function stalling(network: XmtpNetwork, stuck: ReadonlySet<string>): XmtpNetwork {
  return changeInboxes(network, (inbox) => {
    const closed = Promise.withResolvers<void>();
    return {
      async close() {
        closed.resolve();
        await inbox.close();
      },
      group(id) {
        const group = inbox.group(id);
        return (
          group && {
            ...group,
            publish: (messageId) => (stuck.has(id) ? closed.promise : group.publish(messageId)),
          }
        );
      },
    };
  });
}
