// State that is intact and old: 200 messages each way after a backup, and a copy that runs beside the original, also while
// people write to both.
import { cp, mkdir } from "node:fs/promises";
import path from "node:path";
import { createBulletinFeed, type SentMessage } from "gossip-sdk";
import { expect, it } from "vitest";
import { connect, GossipNet, type Person } from "../support/gossip-people.ts";

const MESSAGES = 200;
const FIVE_MINUTES_MS = 5 * 60_000;
/** Longer than a copy leaves a person to another one. */
const TAKE_BACK_MS = 18 * 60_000;

/** Copies the stopped person's state, as a backup of it would be. */
async function backUp(person: Person, to: string): Promise<string> {
  await mkdir(to, { mode: 0o700 });
  await cp(path.dirname(person.databasePath), to, { recursive: true });
  return path.join(to, "gossip.db");
}

async function takeTexts(person: Person, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken += 1) await person.next("message");
}

/** Has a bot answer every message under a name, until it is stopped. */
function answerAs(name: string, bot: Person): { stop: () => Promise<void> } {
  const answering = (async () => {
    for (;;) {
      const { peer, text } = await bot.next("message");
      await bot.client.send(peer, { type: "text", text: `${name}: ${text}` });
    }
  })();
  return {
    stop: async () => {
      await Promise.all([bot.stop(), expect(answering).rejects.toThrow("no more events")]);
    },
  };
}

/** Waits for an answer to a text. @returns Who gave the first one. */
async function nextAnswer(person: Person, text: string): Promise<string> {
  for (;;) {
    const [name = "", asked] = (await person.next("message")).text.split(": ");
    if (asked === text) return name;
  }
}

/** What a bot has taken, each message with its writer. */
function takenBy(bot: Person): string[] {
  return bot.taken.flatMap((event) =>
    event.type === "message" ? [`${event.peer} ${event.text}`] : [],
  );
}

it(
  "restored after 400 more messages it renews its sessions, loses nothing and offers nothing old",
  { timeout: 120_000 },
  async () => {
    await using net = await GossipNet.start();
    const [alice, bob] = [await net.person("alice"), await net.person("bob")];
    await connect(alice, bob);
    await alice.stop();
    const databasePath = await backUp(alice, net.folderFor("backup"));
    await alice.start();
    for (let count = 0; count < MESSAGES; count += 1) {
      await alice.sendText(bob, `alice ${count}`);
      await bob.sendText(alice, `bob ${count}`);
    }
    await Promise.all([takeTexts(alice, MESSAGES), takeTexts(bob, MESSAGES)]);
    // A message acknowledges what its writer has read; alone, the last ones would wait a day for that.
    await alice.sendText(bob, "all read");
    await bob.next("message");
    const last = await bob.sendText(alice, "all read too");
    await alice.next("message");
    await alice.sendText(bob, "good night");
    await bob.next("message");
    await bob.delivered(alice, last);
    await alice.stop();
    await bob.sendText(alice, "read by nobody yet");

    const restored = await net.person("restored", { words: alice.words, databasePath });
    await restored.next("message");
    expect(restored.texts).toEqual(["read by nobody yet"]);
    expect(restored.client.status().forksNoticed).toBe(1);
    await restored.sendText(bob, "here again");
    await bob.next("message");
    expect(bob.texts.slice(-2)).toEqual(["good night", "here again"]);
    expect(new Set(bob.texts).size).toBe(bob.texts.length);
  },
);

it("a copy that runs beside the original is noticed at the next send, and what it sends arrives", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.stop();
  const databasePath = await backUp(alice, net.folderFor("copy"));
  await alice.start();
  const copy = await net.person("copy", { words: alice.words, databasePath });
  await alice.sendText(bob, "from the original");
  await bob.next("message");
  await copy.sendText(bob, "from the copy");
  await copy.until((client) => client.status().forksNoticed > 0);
  await takeTexts(bob, 1);
  expect(bob.texts.slice(-2)).toEqual(["from the original", "from the copy"]);
});

it("a quiet copy notices within five minutes that the original went on", async () => {
  await using net = await GossipNet.start();
  const [alice, bob] = [await net.person("alice"), await net.person("bob")];
  await connect(alice, bob);
  await alice.stop();
  const databasePath = await backUp(alice, net.folderFor("copy"));
  await alice.start();
  const copy = await net.person("copy", { words: alice.words, databasePath });
  await alice.sendText(bob, "from the original");
  await bob.next("message");
  net.offsetMs += FIVE_MINUTES_MS;
  await copy.until((client) => client.status().forksNoticed > 0);
  expect(copy.client.status().forksNoticed).toBe(1);
});

it("people who write while both run lose nothing, and are heard by the copy that stays, although the other one had them", async () => {
  await using net = await GossipNet.start();
  const original = await net.person("original");
  const [pat, quinn] = [await net.person("pat"), await net.person("quinn")];
  const people = [pat, quinn];
  for (const person of people) {
    await connect(person, original);
    const old = await person.sendText(original, "old");
    await original.next("message");
    await original.sendText(person, "answer to what is old");
    await person.next("message");
    await person.delivered(original, old);
  }
  await original.stop();
  const databasePath = await backUp(original, net.folderFor("copy"));
  await original.start();
  // On a machine of its own it reads the bulletin by itself.
  const feed = createBulletinFeed();
  const copy = await net.person("copy", { words: original.words, databasePath, feed });
  const bots = new Map([
    ["original", { ...answerAs("original", original), other: "copy" }],
    ["copy", { ...answerAs("copy", copy), other: "original" }],
  ]);

  const sent: [Person, SentMessage][] = [];
  const ask = async (person: Person, text: string): Promise<string> => {
    sent.push([person, await person.sendText(original, text)]);
    return nextAnswer(person, text);
  };
  for (const pauseMs of [0, 0, 0, TAKE_BACK_MS, 0, 0, TAKE_BACK_MS, 0, 0, 0]) {
    net.offsetMs += pauseMs;
    await Promise.all(people.map((person) => ask(person, `question ${sent.length}`)));
  }
  await original.until((client) => client.status().forksNoticed > 0);
  await copy.until((client) => client.status().forksNoticed > 0);

  const holder = bots.get(await ask(pat, "who is there?"));
  if (holder === undefined) throw new Error("test: answered by nobody");
  await holder.stop();
  const afterwards = people.map((person) => ask(person, "still there?"));
  net.offsetMs += TAKE_BACK_MS;
  await Promise.all(afterwards);
  for (const [person, message] of sent) await person.delivered(original, message);

  for (const bot of [original, copy]) expect(new Set(takenBy(bot)).size).toBe(takenBy(bot).length);
  expect(copy.texts.filter((text) => /^(hello|old)/.test(text))).toEqual([]);
  for (const person of people) expect(new Set(person.texts).size).toBe(person.texts.length);
  await bots.get(holder.other)?.stop();
});
