// A node that withholds, reorders and repeats what it was given.
import { createXmtpNetwork, type XmtpNetwork } from "convos-node-sdk";
import { expect, it } from "vitest";
import { changeInboxes } from "../support/change-inboxes.ts";
import { ConvosNet, type ConvosPerson, meet } from "../support/convos-people.ts";
import { connectGrpc } from "../support/grpc-client.ts";
import type { XmtpMethod, XmtpObject } from "../support/xmtp-api.ts";
import { XmtpPeer } from "../support/xmtp-peer.ts";

it("takes every message once and goes on when the node repeats, reorders and withholds", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  const topic = Buffer.from(id, "hex");
  await bob.next("joined");
  await alice.sendText(id, "one");
  expect(await bob.next("message")).toMatchObject({ text: "one" });
  await replayAll(net, bob, topic);
  const untold = net.node.faults.withhold({ from: "streams", topic });
  for (const text of ["two", "three", "four"]) await alice.sendText(id, text);
  untold.release("reversed");
  const withheld = net.node.faults.withhold({ from: "everyone", topic });
  const sending = [alice.sendText(id, "five"), bob.sendText(id, "from bob")];
  await withheld.reached(2);
  withheld.release("reversed");
  await Promise.all(sending);
  const lost = net.node.faults.withhold({ from: "everyone", topic });
  const renaming = alice.client.updateConversation(id, { name: "Lost" }).catch(() => undefined);
  await lost.reached(1);
  lost.lose();
  net.node.faults.dropStreams();
  await renaming;
  await replayAll(net, bob, topic);
  await alice.restart();
  await bob.restart();
  await alice.sendText(id, "end");
  const texts: string[] = [];
  while (texts.at(-1) !== "end") texts.push((await bob.next("message")).text);
  expect(texts.toSorted()).toEqual(["end", "five", "four", "three", "two"]);
  expect(await alice.next("message")).toMatchObject({ text: "from bob" });
  await bob.sendText(id, "heard");
  expect(await alice.next("message")).toMatchObject({ text: "heard" });
  for (const { client } of [alice, bob]) {
    expect(client.conversations()).toMatchObject([{ id, state: "active" }]);
    expect(client.status()).toMatchObject({ outOfSync: 0, unhandled: 0 });
  }
});

it("opens another stream when one has lost the conversation without a word", async () => {
  await using net = await ConvosNet.start();
  const streams = { opened: 0 };
  const syncs = { held: Promise.resolve() };
  const real = createXmtpNetwork({ env: "local", apiUrl: net.node.url });
  const [alice, bob] = [
    await net.person("alice"),
    await net.person("bob", {
      network: watched(real, streams, syncs),
      timing: { reconcileMs: 1_000 },
    }),
  ];
  const { id } = await meet(alice, bob);
  const { opened } = streams;
  const untold = net.node.faults.withhold({ from: "streams", topic: Buffer.from(id, "hex") });
  // Once is enough, unless bob looked by himself at that moment, for what he has just sent.
  await expect
    .poll(async () => {
      await alice.sendText(id, "not told");
      expect(await bob.next("message")).toMatchObject({ text: "not told" });
      return streams.opened;
    })
    .toBeGreaterThan(opened);
  untold.lose();
  // The new one tells of everything: nothing waits for the next look at the network.
  const { promise, resolve } = Promise.withResolvers<void>();
  syncs.held = promise;
  await alice.sendText(id, "told");
  expect(await bob.next("message")).toMatchObject({ text: "told" });
  resolve();
  expect(bob.client.status()).toMatchObject({ connected: true });
});

it("says once that a conversation is out of sync, and when it is not any more", async () => {
  await using net = await ConvosNet.start();
  const fork = { isThere: false };
  const network = forking(createXmtpNetwork({ env: "local", apiUrl: net.node.url }), fork);
  const [alice, bob] = [
    await net.person("alice", { network, timing: { reconcileMs: 300 } }),
    await net.person("bob"),
  ];
  await meet(alice, bob);
  fork.isThere = true;
  await alice.until((client) => client.status().outOfSync === 1);
  fork.isThere = false;
  await alice.until((client) => client.status().outOfSync === 0);
  expect(alice.logged.filter((line) => line.includes("sync"))).toEqual([
    "a conversation is out of sync",
    "a conversation is in sync again",
  ]);
});

/** Gives the node once more everything that it has of a group, and the welcomes of a member. */
async function replayAll(net: ConvosNet, member: ConvosPerson, groupId: Buffer): Promise<void> {
  await using client = connectGrpc(net.node.url);
  const ask = async (method: XmtpMethod, request: XmtpObject): Promise<XmtpObject> =>
    (await client.call(method, request)).answer ?? {};
  const pagingInfo = { direction: 1, limit: 100, idCursor: 0 };
  const { messages } = await ask("QueryGroupMessages", { groupId, pagingInfo });
  await ask("SendGroupMessages", { messages });
  await using peer = await XmtpPeer.start(net.node.url);
  const [conversation] = member.client.conversations();
  const states = await peer.client.preferences.fetchInboxStates([conversation?.inboxId ?? ""]);
  const installations = states.flatMap((state) => state.installations);
  expect(installations).toHaveLength(1);
  for (const { bytes } of installations) {
    const request = { installationKey: bytes, pagingInfo };
    const welcomes = await ask("QueryWelcomeMessages", request);
    expect(welcomes["messages"]).not.toEqual([]);
    await ask("SendWelcomeMessages", { messages: welcomes["messages"] });
  }
}

/** The real network, whose streams are counted, and asking it can be held up. */
function watched(
  network: XmtpNetwork,
  streams: { opened: number },
  syncs: { readonly held: Promise<void> },
): XmtpNetwork {
  return changeInboxes(network, (inbox) => ({
    sync: () => syncs.held.then(() => inbox.sync()),
    watch(listener) {
      streams.opened += 1;
      return inbox.watch(listener);
    },
  }));
}

/** The real network, which says of its groups what the test wants. */
function forking(network: XmtpNetwork, fork: { readonly isThere: boolean }): XmtpNetwork {
  return changeInboxes(network, (inbox) => ({
    group(id) {
      const group = inbox.group(id);
      return group && { ...group, isOutOfSync: () => Promise.resolve(fork.isThere) };
    },
  }));
}
