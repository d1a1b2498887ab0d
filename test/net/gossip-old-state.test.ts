// State that is intact and old: 200 messages each way after a backup, and a copy that runs beside the original.
import { cp, mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { connect, GossipNet, type Person } from "../support/gossip-people.ts";

const MESSAGES = 200;
const FIVE_MINUTES_MS = 5 * 60_000;

/** Copies the stopped person's state, as a backup of it would be. */
async function backUp(person: Person, to: string): Promise<string> {
  await mkdir(to, { mode: 0o700 });
  await cp(path.dirname(person.databasePath), to, { recursive: true });
  return path.join(to, "gossip.db");
}

async function takeTexts(person: Person, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken += 1) await person.next("message");
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
