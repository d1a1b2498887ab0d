// Who comes to a channel late, and acts on what it hears: what was said before it came is stored, and no event.
import { expect, it } from "vitest";
import { MeshCircle, type Member } from "../support/mesh-circle.ts";

const HOUR_MS = 3_600_000;

/** A clock that stands, and is moved on by hand. */
class StillClock {
  nowMs = Date.now() - 24 * HOUR_MS;

  now(): number {
    return this.nowMs;
  }
}

async function say(speaker: Member, ...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await speaker.peer.publish("lobby", { body });
}

it("a newcomer stores the history of a channel, passes it on, and hears only what is said after it came", async () => {
  await using circle = new MeshCircle();
  const clock = new StillClock();
  const speaker = await circle.add({ channels: ["lobby"], clock });
  await say(speaker, "long ago", "an hour before");
  clock.nowMs += HOUR_MS;
  const options = { channels: ["lobby"], clock };
  const newcomer = await circle.add({ ...options, peers: [speaker.url], skipHistory: true });
  await newcomer.until(() => newcomer.peer.status().links > 0);
  await say(speaker, "after it came");
  await newcomer.hears("after it came");
  const third = await circle.add({ ...options, peers: [newcomer.url] });
  // What it has, the newcomer has stored.
  await third.until(() => third.received.length === 3);
  expect(new Set(third.bodies)).toEqual(new Set(["long ago", "an hour before", "after it came"]));
  expect(newcomer.bodies).toEqual(["after it came"]);
});

it("what was said while it was away is heard after a restart, once; after it left and came back it is history", async () => {
  await using circle = new MeshCircle();
  const clock = new StillClock();
  const speaker = await circle.add({ channels: ["lobby"], clock });
  const options = { channels: ["lobby"], clock };
  const bot = await circle.add({ ...options, peers: [speaker.url], skipHistory: true });
  await say(speaker, "first");
  await bot.hears("first");
  await bot.stop();
  clock.nowMs += HOUR_MS;
  await say(speaker, "while it was away");
  clock.nowMs += HOUR_MS;
  await bot.start();
  await bot.hears("while it was away");
  bot.peer.setChannels([]);
  clock.nowMs += HOUR_MS;
  await say(speaker, "while it did not listen");
  clock.nowMs += HOUR_MS;
  bot.peer.setChannels(["lobby"]);
  await say(speaker, "back again");
  await bot.hears("back again");
  const third = await circle.add({ ...options, peers: [bot.url] });
  await third.until(() => third.received.length === 4);
  expect(third.bodies).toContain("while it did not listen");
  expect(bot.bodies).toEqual(["first", "while it was away", "back again"]);
});
