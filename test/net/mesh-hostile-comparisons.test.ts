import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MeshProcess } from "../support/mesh-process.ts";
import { connectProven } from "../support/mesh-proven-peer.ts";
import { type RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";

const CHANNELS = Array.from({ length: 40 }, (_, index) => `#invented-${index}`);
/** Few, so that the test is cheap; a frame may name 2,048. */
const ITEMS_IN_FRAME = 64;

let folder = "";
let victim: MeshProcess;
const strangers: RawMeshPeer[] = [];
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-comparisons-"));
  victim = await MeshProcess.start({ folder });
});
afterEach(async () => {
  for (const stranger of strangers.splice(0)) {
    stranger.end();
    await stranger.closed();
  }
});
afterAll(async () => {
  await victim.stop();
  rmSync(folder, { recursive: true });
});

async function meetStranger(): Promise<RawMeshPeer> {
  const peer = await connectProven(victim.url);
  strangers.push(peer);
  return peer;
}

/** Names messages of a channel that nobody has ever written. */
function nameInvented(by: RawMeshPeer, channelId: string, request: number): void {
  const nowMs = Date.now();
  const items = Array.from({ length: ITEMS_IN_FRAME }, () => [
    nowMs,
    randomBytes(32).toString("base64url"),
  ]);
  const ranges = [{ to: null, kind: "items", items }];
  by.send({ type: "oc_ranges", request, channel_id: channelId, answer: false, from: null, ranges });
}

/** Channels of which the victim has asked for named messages, each question by itself. */
function askedOf({ seen }: RawMeshPeer): readonly unknown[] {
  return seen
    .filter((frame) => frame.type === "oc_sync" && frame["by"] === "items")
    .map((frame) => frame["channel_id"]);
}

/** Names messages in each channel, and waits until the victim has read it all. */
async function nameInAll(by: RawMeshPeer): Promise<void> {
  for (const [index, channelId] of CHANNELS.entries()) nameInvented(by, channelId, index + 1);
  const last = CHANNELS.length;
  await by.until((frame) => frame.type === "oc_ranges" && frame["request"] === last);
  await by.settled();
}

describe("who names messages that do not exist", () => {
  it("is asked for none of a channel that nobody wants", async () => {
    const liar = await meetStranger();
    await nameInAll(liar);
    expect(askedOf(liar)).toEqual([]);
  });

  it("is asked for those of four channels at a time, and then for others", async () => {
    const liar = await meetStranger();
    for (const channelId of CHANNELS) liar.send({ type: "subscribe", channel_id: channelId });
    await nameInAll(liar);
    expect(askedOf(liar)).toEqual(CHANNELS.slice(0, 4));
    const question = await liar.until((frame) => frame["by"] === "items");
    liar.send({
      type: "oc_page",
      request: question["request"],
      channel_id: question["channel_id"],
      epoch: "e",
      next: ITEMS_IN_FRAME,
      more: false,
      messages: [],
    });
    await liar.settled();
    nameInvented(liar, "#invented-39", 99);
    await liar.until((frame) => frame["by"] === "items" && frame["channel_id"] === "#invented-39");
  });

  it("from many connections at once is asked for those of 32 channels, and messages go on", async () => {
    const liars = await Promise.all(Array.from({ length: 16 }, () => meetStranger()));
    for (const liar of liars) {
      for (const channelId of CHANNELS.slice(0, 6)) {
        liar.send({ type: "subscribe", channel_id: channelId });
      }
    }
    await Promise.all(liars.map(async (liar) => nameInAll(liar)));
    const asked = liars.map((liar) => askedOf(liar).length);
    expect(Math.max(...asked)).toBe(4);
    expect(asked.reduce((sum, count) => sum + count, 0)).toBe(32);
    const [first] = liars;
    const events = await victim.listen();
    first?.send({ type: "message", ...signedMessage(first.key, { body: "still here" }) });
    await events.until(({ body }) => body === "still here");
    await events.close();
  });
});
