// Answers that wait while the network is away, and somebody who is removed meanwhile: what is for him never goes out.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { ChannelInboundTurnPlan } from "openclaw/plugin-sdk/channel-inbound";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { convosActionsAdapter } from "../../extensions/convos/src/actions.ts";
import {
  convosMessageAdapter,
  convosThreadingAdapter,
} from "../../extensions/convos/src/outbound.ts";
import { findLiveAccount } from "../../extensions/convos/src/runtime.ts";
import { startConvosBot, type ConvosBot } from "../support/convos-bot.ts";
import { ConvosNet, type ConvosPerson } from "../support/convos-people.ts";

/** Looked at once a second. */
const CUT_OFF_MS = 2000;

let net: ConvosNet;
let stateDir = "";
let alice: ConvosPerson;
let bob: ConvosPerson;
let room: string;
let inboxes: { readonly alice: string; readonly bob: string };
let cfg: OpenClawConfig;
let bot: ConvosBot;
/** Turns that wait behind a running one, in the order in which the host got them. */
let waiting: WaitingTurn[];

type WaitingTurn = NonNullable<
  NonNullable<ChannelInboundTurnPlan["replyOptions"]>["turnAdoptionLifecycle"]
>;

/** As the host does with a turn in a session that is at work. */
function putBehind({ replyOptions }: ChannelInboundTurnPlan): void {
  const turn = replyOptions?.turnAdoptionLifecycle;
  if (turn === undefined) return;
  turn.onDeferred?.();
  waiting.push(turn);
}

beforeEach(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "convos-revoked-"));
  vi.stubEnv("OPENCLAW_STATE_DIR", stateDir);
  net = await ConvosNet.start();
  [alice, bob] = [await net.person("Alice"), await net.person("Bob")];
  const made = await alice.client.createConversation({ name: "Team" });
  room = made.id;
  const joined = await bob.join((await alice.client.createInvite(room)).url);
  inboxes = { alice: made.inboxId, bob: joined.inboxId };
  cfg = {
    channels: {
      // Not the owner's: in that one nobody else is heard.
      convos: {
        enabled: true,
        env: "local",
        apiUrl: net.node.url,
        ownerConversationId: "0f".repeat(16),
        groupAllowFrom: [inboxes.bob],
      },
    },
    commands: { ownerAllowFrom: [`convos:${inboxes.alice}`] },
  };
  bot = await startConvosBot({
    stateDir,
    cfg,
    invite: (await alice.client.createInvite(room)).url,
    runTurn: putBehind,
  });
  waiting = [];
  await alice.until((client) => client.conversations()[0]?.memberCount === 3);
});
afterEach(async () => {
  await bot[Symbol.asyncDispose]();
  await net[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(stateDir, { recursive: true, force: true });
});

/** As the host hands an answer over. */
function answer(text: string, askedBy: string): Promise<string> {
  const sent = convosMessageAdapter.send?.text?.({
    cfg,
    to: `convos:${room}`,
    text,
    threadId: askedBy,
    deliveryQueueId: text,
    deliveryPartIndex: 0,
    deliveryPartCount: 1,
  });
  return Promise.resolve(sent).then(
    () => "sent",
    () => "not sent",
  );
}

function countWaiting(): number | undefined {
  return findLiveAccount("default")?.figures()?.waitingOutbound;
}

async function takeNodeAway(): Promise<void> {
  await net.node.stop();
  // A call to the network that was on its way ends first.
  await expect.poll(isConnected, { timeout: 20_000 }).toBe(false);
}

function isConnected(): boolean | undefined {
  return findLiveAccount("default")?.figures()?.connected;
}

/** What the room is told next by the agent, until it says that this was all. */
async function hearAll(): Promise<string[]> {
  const texts: string[] = [];
  while (texts.at(-1) !== "all") texts.push((await alice.next("message")).text);
  return texts;
}

it("gives up answers to who was removed within two seconds, and at a start; the others go out", async () => {
  await takeNodeAway();
  const first = [answer("to bob", inboxes.bob), answer("to alice", inboxes.alice)];
  await expect.poll(countWaiting).toBe(2);
  setHeard([]);
  await expect.poll(countWaiting, { timeout: CUT_OFF_MS, interval: 50 }).toBe(1);
  setHeard([inboxes.bob]);
  await net.node.start();
  expect(await Promise.all(first)).toEqual(["not sent", "sent"]);

  await takeNodeAway();
  const second = [answer("to bob again", inboxes.bob), answer("to alice again", inboxes.alice)];
  await expect.poll(countWaiting).toBe(2);
  await bot[Symbol.asyncDispose]();
  await Promise.all(second);
  setHeard([]);
  bot = await startConvosBot({ stateDir, cfg });
  await expect.poll(countWaiting).toBe(1);
  await net.node.start();
  await expect.poll(countWaiting, { timeout: 30_000 }).toBe(0);
  expect(await answer("all", inboxes.alice)).toBe("sent");
  expect(await hearAll()).toEqual(["to alice", "to alice again", "all"]);
});

it("gives up what the message tool replied in a turn of who was removed", async () => {
  const asked = await bob.sendText(room, "OpenClaw, from bob");
  await bot.nextTurn();
  await takeNodeAway();
  const reply = (message: string, requesterSenderId: string): Promise<string> =>
    Promise.resolve(
      convosActionsAdapter.handleAction?.({
        channel: "convos",
        action: "reply",
        cfg,
        params: { message, messageId: asked },
        accountId: "default",
        requesterSenderId,
        toolContext: { currentChannelProvider: "convos", currentMessagingTarget: `convos:${room}` },
      }),
    ).then(
      () => "sent",
      () => "not sent",
    );
  const [forBob, forAlice] = [reply("for bob", inboxes.bob), reply("for alice", inboxes.alice)];
  await expect.poll(countWaiting).toBeGreaterThan(1);
  setHeard([]);
  // The node is still away.
  expect(await forBob).toBe("not sent");
  await net.node.start();
  expect(await forAlice).toBe("sent");
  expect(await answer("all", inboxes.alice)).toBe("sent");
  expect((await hearAll()).slice(-2)).toEqual(["for alice", "all"]);
});

it("ends turns of who was removed that wait behind a running one, and nobody else's", async () => {
  await bob.sendText(room, "OpenClaw, from bob");
  await bot.nextTurn();
  await alice.sendText(room, "OpenClaw, from alice");
  await bot.nextTurn();
  expect(listEnded()).toEqual([false, false]);
  setHeard([]);
  await expect.poll(listEnded, { timeout: CUT_OFF_MS, interval: 50 }).toEqual([true, false]);
  // The host drops what has ended, and tells.
  for (const turn of waiting) {
    turn.onAbandoned?.();
    turn.onSettled?.();
  }
});

it("knows who asked by the message that an answer of a waiting turn belongs to", async () => {
  const asked = await bob.sendText(room, "OpenClaw, are you there?");
  await bot.nextTurn();
  expect(findAsker(asked)).toEqual({ threadId: inboxes.bob });
  expect(findAsker("00".repeat(32))).toBeNull();
  expect(findAsker()).toBeNull();
});

/** Which of the waiting turns have been ended. */
function listEnded(): (boolean | undefined)[] {
  return waiting.map(({ abortSignal }) => abortSignal?.aborted);
}

/** As the host asks when it routes the answer. */
function findAsker(currentMessageId?: string) {
  return convosThreadingAdapter.resolveReplyTransport?.({
    cfg,
    accountId: "default",
    ...(currentMessageId === undefined ? {} : { currentMessageId }),
  });
}

/** As an edit of the list in the configuration. */
function setHeard(people: string[]): void {
  Object.assign(cfg.channels?.["convos"] ?? {}, { groupAllowFrom: people });
}
