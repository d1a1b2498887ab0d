// State that is intact and old: an older copy of a peer's folder put back, no folder at all, and a copy at work beside it.
import { cp, mkdir, rm } from "node:fs/promises";
import { expect, it } from "vitest";
import * as z from "zod";
import { MeshCircle, type Member, type MemberOptions } from "../support/mesh-circle.ts";
import { RawMeshPeer } from "../support/mesh-raw-peer.ts";

const ROUNDS = 100;
/** Rounds at once. */
const WINDOW = 20;
const CHANNEL = "lobby";
const DAY_MS = 86_400_000;
const SEED = "2a".repeat(32);
const PageSchema = z.looseObject({ messages: z.array(z.unknown()) });
const NumberedSchema = z.object({
  sender_id: z.string(),
  message_id: z.string(),
  payload: z.object({ $oc: z.object({ seq: z.number(), prev: z.string().optional() }) }),
});

interface Scene {
  readonly relay: Member;
  /** Answers what it hears, as an agent does. */
  readonly bot: Member;
  readonly bob: Member;
  /** What the bot is started with, for another one like it. */
  readonly botOptions: MemberOptions;
}

async function setScene(circle: MeshCircle, common: MemberOptions = {}): Promise<Scene> {
  const relay = await circle.add(common);
  const options = { ...common, channels: [CHANNEL], peers: [relay.url] };
  const botOptions = { ...options, seed: SEED, skipHistory: true };
  return {
    relay,
    bot: await circle.add(botOptions),
    bob: await circle.add(options),
    botOptions,
  };
}

/** Bob says something in the channel and directly, and the bot answers both. */
async function talk({ bob, bot }: Pick<Scene, "bob" | "bot">, round: string): Promise<void> {
  await bob.peer.publish(CHANNEL, { body: `${round} in the channel` });
  await bob.peer.sendDirect(bot.id, { body: `${round} directly` });
  await Promise.all([bot.hears(`${round} in the channel`), bot.hears(`${round} directly`)]);
  await bot.peer.publish(CHANNEL, { body: `answer to ${round} in the channel` });
  await bot.peer.sendDirect(bob.id, { body: `answer to ${round} directly` });
  await Promise.all([
    bob.hears(`answer to ${round} in the channel`),
    bob.hears(`answer to ${round} directly`),
  ]);
}

/** What a peer has said in the channel, as the relay gives it to anybody, oldest first. */
async function readNumbered({ relay, bot }: Scene): Promise<z.infer<typeof NumberedSchema>[]> {
  const reader = await RawMeshPeer.connect(relay.url);
  reader.send({ type: "sync_request", channel_id: CHANNEL, after_message_id: null, limit: 500 });
  const page = PageSchema.parse(await reader.until(({ type }) => type === "sync_response"));
  reader.end();
  return page.messages
    .map((message) => NumberedSchema.parse(message))
    .filter(({ sender_id: senderId }) => senderId === bot.id);
}

async function putBack(copy: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await cp(copy, folder, { recursive: true });
}

it("put back after 200 more messages each way it offers nothing old, loses nothing unanswered, and numbers on", async () => {
  await using circle = new MeshCircle();
  const scene = await setScene(circle);
  const { bob, bot } = scene;
  await talk(scene, "before the backup");
  await bot.stop();
  const backup = `${bot.folder}-backup`;
  await putBack(bot.folder, backup);
  await bot.start();
  for (let first = 0; first < ROUNDS; first += WINDOW) {
    const rounds = Array.from({ length: WINDOW }, (_, index) => `round ${first + index}`);
    await Promise.all(rounds.map(async (round) => talk(scene, round)));
  }
  await bot.stop();
  await bob.peer.publish(CHANNEL, { body: "unanswered in the channel" });
  await bob.peer.sendDirect(bot.id, { body: "unanswered directly" });

  await putBack(backup, bot.folder);
  bot.received.length = 0;
  await bot.start();
  await bot.hears("unanswered in the channel");
  await bot.hears("unanswered directly");
  expect(bot.peer.status().madeElsewhere).toBe(2 * ROUNDS);
  await talk(scene, "after the backup");
  expect(bot.bodies.toSorted()).toEqual([
    "after the backup directly",
    "after the backup in the channel",
    "unanswered directly",
    "unanswered in the channel",
  ]);
  expect(new Set(bob.bodies).size).toBe(bob.bodies.length);
  const said = await readNumbered(scene);
  expect(said.map(({ payload }) => payload.$oc.seq)).toEqual(said.map((_, index) => index + 1));
  expect(said.map(({ payload }) => payload.$oc.prev)).toEqual([
    undefined,
    ...said.slice(0, -1).map(({ message_id: id }) => id),
  ]);
  // Killed in the middle or not: what was answered stays answered.
  await bot.stop();
  await bot.start();
  await talk(scene, "after a restart");
  expect(bot.bodies).toHaveLength(6);
}, 120_000);

it("of its key alone it numbers on too, and hears nothing that it has answered", async () => {
  await using circle = new MeshCircle();
  const scene = await setScene(circle);
  const { bob, bot } = scene;
  await talk(scene, "first");
  await talk(scene, "second");
  await bot.stop();
  await rm(bot.folder, { recursive: true });
  bot.received.length = 0;
  await bot.start();
  await bot.until(() => bot.peer.status().madeElsewhere === 2);
  await bob.peer.publish(CHANNEL, { body: "third in the channel" });
  await bot.hears("third in the channel");
  await bot.peer.publish(CHANNEL, { body: "answer to third in the channel" });
  await bob.hears("answer to third in the channel");
  // Whom it has talked to is gone with the folder, and so are its prekeys: the others hear of it first.
  await bot.peer.sendDirect(bob.id, { body: "here again" });
  await bob.hears("here again");
  await bob.peer.sendDirect(bot.id, { body: "third directly" });
  await bot.hears("third directly");
  expect(bot.bodies).toEqual(["third in the channel", "third directly"]);
  expect((await readNumbered(scene)).map(({ payload }) => payload.$oc.seq)).toEqual([1, 2, 3]);
}, 30_000);

it("put back after days, it tells its new prekey to who seals to one that it has no more", async () => {
  await using circle = new MeshCircle();
  const clock = { nowMs: Date.now() - 7 * DAY_MS, now: () => clock.nowMs };
  const scene = await setScene(circle, { clock });
  const { bob, bot } = scene;
  await talk(scene, "first");
  await bot.stop();
  const backup = `${bot.folder}-backup`;
  await putBack(bot.folder, backup);
  clock.nowMs += 2 * DAY_MS;
  await bot.start();
  await talk(scene, "second");
  await bot.stop();
  clock.nowMs += DAY_MS / 2;
  await putBack(backup, bot.folder);
  bot.received.length = 0;
  await bot.start();
  const isHeard = async (): Promise<boolean> => {
    await bob.peer.sendDirect(bot.id, { body: "third" });
    return bot.bodies.includes("third");
  };
  await expect.poll(isHeard, { interval: 200, timeout: 20_000 }).toBe(true);
  expect(bot.peer.status().unopened).toBeGreaterThan(0);
  expect(new Set(bot.bodies)).toEqual(new Set(["third"]));
}, 30_000);

it("a copy at work beside it: both notice, both are heard, and nobody takes either for a forger", async () => {
  await using circle = new MeshCircle();
  const scene = await setScene(circle);
  const { bob, bot, botOptions, relay } = scene;
  await talk(scene, "first");
  await bot.stop();
  const copy = circle.prepare({ ...botOptions, listen: { port: 0 } });
  await mkdir(copy.folder, { mode: 0o700 });
  await cp(bot.folder, copy.folder, { recursive: true });
  await bot.start();
  await copy.start();
  await relay.until(
    () => relay.peer.peers().filter(({ peerId }) => peerId === bot.id).length === 2,
  );
  await bot.peer.publish(CHANNEL, { body: "from the one" });
  await copy.until(() => copy.peer.status().madeElsewhere === 1);
  await copy.peer.publish(CHANNEL, { body: "from the other" });
  await bot.until(() => bot.peer.status().madeElsewhere === 1);
  // At the same moment, so that both take the same number.
  await Promise.all([
    bot.peer.publish(CHANNEL, { body: "one at once" }),
    copy.peer.publish(CHANNEL, { body: "other at once" }),
    bot.peer.sendDirect(bob.id, { body: "one directly" }),
    copy.peer.sendDirect(bob.id, { body: "other directly" }),
  ]);
  const said = ["one at once", "other at once", "one directly", "other directly"];
  for (const body of ["from the one", "from the other", ...said]) {
    expect(await bob.hears(body)).toMatchObject({ senderId: bot.id, verified: true });
  }
  await bob.peer.publish(CHANNEL, { body: "to both" });
  await Promise.all([bot.hears("to both"), copy.hears("to both")]);
  expect(bob.peer.status()).toMatchObject({ quarantined: 0, unopened: 0 });
  expect(new Set(bob.bodies).size).toBe(bob.bodies.length);
}, 30_000);
