// A node that takes a request and never answers it: XMTP's library would wait for ever, also after the inbox is closed.
import { createXmtpNetwork, type XmtpNetwork } from "convos-node-sdk";
import { expect, it } from "vitest";
import { ConvosNet, meet } from "../support/convos-people.ts";

/** A moment for an answer, and not two minutes. */
function impatient(net: ConvosNet, answerMaxMs = 2_000): XmtpNetwork {
  return createXmtpNetwork({ env: "local", apiUrl: net.node.url, answerMaxMs });
}

it.each([
  { what: "never got to the group", applied: false },
  { what: "is in the group", applied: true },
])("sends again what was not answered and $what, and it is there once", async ({ applied }) => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [
    await net.person("alice"),
    await net.person("bob", { network: impatient(net) }),
  ];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await bob.sendText(id, "before");
  const methods = ["SendGroupMessages"] as const;
  const hanging = net.node.faults.inject({ kind: "hang", applied, methods, times: 1 });
  await bob.sendText(id, "unanswered");
  expect(hanging.hits).toBe(1);
  await bob.sendText(id, "after");
  const texts: string[] = [];
  while (texts.at(-1) !== "after") texts.push((await alice.next("message")).text);
  expect(texts).toEqual(["before", "unanswered", "after"]);
  await alice.sendText(id, "heard");
  expect(await bob.next("message")).toMatchObject({ text: "heard" });
});

it("ends while a message is not answered, and sends it once after that", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await meet(alice, bob);
  await bob.next("joined");
  await bob.sendText(id, "before");
  const hanging = net.node.faults.inject({
    kind: "hang",
    applied: true,
    methods: ["SendGroupMessages"],
  });
  await bob.client.send(id, { type: "text", text: "unanswered" }, { key: "unanswered" });
  await hanging.reached(1);
  await bob.stop();
  hanging.remove();
  await bob.start();
  await bob.sendText(id, "after");
  const texts: string[] = [];
  while (texts.at(-1) !== "after") texts.push((await alice.next("message")).text);
  expect(texts).toEqual(["before", "unanswered", "after"]);
});

it("ends while the key of a new conversation is being registered, of which there is none then", async () => {
  await using net = await ConvosNet.start();
  const alice = await net.person("alice");
  const hanging = net.node.faults.inject({ kind: "hang", methods: ["PublishIdentityUpdate"] });
  const making = alice.client.createConversation({ name: "Kitchen" });
  const failed = making.catch((error: unknown) => error);
  await hanging.reached(1);
  await alice.stop();
  expect(await failed).toMatchObject({ code: "closed" });
  hanging.remove();
  await alice.start();
  expect(alice.client.conversations()).toEqual([]);
  const { id } = await alice.client.createConversation({ name: "Kitchen" });
  expect(alice.client.conversations()).toMatchObject([{ id, name: "Kitchen", state: "active" }]);
});

it("joins with one device when its registration was given up and made again at once", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  const { id } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  const before = net.node.stats().installations;
  const hanging = net.node.faults.inject({ kind: "hang", methods: ["PublishIdentityUpdate"] });
  await bob.client.join(slug);
  await hanging.reached(1);
  await bob.restart();
  hanging.remove();
  expect(await bob.next("joined")).toMatchObject({ conversationId: id });
  await alice.sendText(id, "heard");
  expect(await bob.next("message")).toMatchObject({ text: "heard" });
  expect(net.node.stats().installations).toBe(before + 1);
});

it("joins although the registration of its key is never answered", async () => {
  await using net = await ConvosNet.start();
  const [alice, bob] = [
    await net.person("alice"),
    await net.person("bob", { network: impatient(net, 1_000) }),
  ];
  const { id } = await alice.client.createConversation();
  const { slug } = await alice.client.createInvite(id);
  const methods = ["PublishIdentityUpdate"] as const;
  const hanging = net.node.faults.inject({ kind: "hang", methods, times: 1 });
  await bob.client.join(slug);
  await hanging.reached(1);
  expect(await bob.next("joined")).toMatchObject({ conversationId: id });
});
