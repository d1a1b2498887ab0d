import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { meshKeyFromSeed, signMessage } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hashOfIds } from "../support/independent-mesh-process.ts";
import { IndependentProcess } from "../support/independent-mesh-runner.ts";
import { MeshProcess } from "../support/mesh-process.ts";
import { RawMeshPeer } from "../support/mesh-raw-peer.ts";

/** `MESH_CATCH_UP=100000` for the long form. */
const MESSAGES = Number(process.env["MESH_CATCH_UP"] ?? 10_000);
/** So many of them have one timestamp, across the border of the reference's largest page of 500. */
const EQUAL = { from: 350, to: 650 };
const author = meshKeyFromSeed(new Uint8Array(32).fill(7));

let folder = "";
const running: { stop(): Promise<void> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-catch-up-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()));
  rmSync(folder, { recursive: true });
});

/** Frames of an author of ours; the reference store will drop the outer signature and keep the inner one. */
function frameOf(n: number, timestampMs: number): { readonly id: string; readonly text: string } {
  const nonce = new Uint8Array(16);
  new DataView(nonce.buffer).setUint32(0, n);
  const { message } = signMessage(author, {
    channelId: "lobby",
    body: `text ${n}`,
    timestampMs,
    nonce,
  });
  const frame = {
    type: "message",
    message_id: message.messageId,
    channel_id: message.channelId,
    sender_id: message.senderId,
    body: message.body,
    payload: JSON.parse(message.payloadText ?? "null") as unknown,
    timestamp: message.timestamp,
    signature: message.signature,
  };
  return { id: message.messageId, text: JSON.stringify(frame) };
}

/** A reference store that holds so many messages. */
async function fillReference(host: string, frames: readonly { readonly text: string }[]) {
  const store = await IndependentProcess.start({ host });
  running.push(store);
  const writer = await RawMeshPeer.connect(store.url);
  for (const [index, { text }] of frames.entries()) {
    writer.sendText(text);
    // Not more in memory than the other side takes.
    if (index % 1_000 === 0) await writer.settled();
  }
  await writer.settled();
  writer.end();
  return store;
}

async function join(name: string, host: string, peers: readonly string[]): Promise<MeshProcess> {
  const peer = await MeshProcess.start({ folder: path.join(folder, name), host, peers });
  running.push(peer);
  return peer;
}

/** What a bot beside the peer has heard once it heard so many. */
async function heardBy(peer: MeshProcess, count: number) {
  const events = await peer.listen();
  await events.untilCount(count);
  const seen = events.seen.slice();
  await events.close();
  return {
    count: new Set(seen.map((event) => event.messageId)).size,
    hash: hashOfIds(seen.map((event) => event.messageId)),
    unproven: seen.filter((event) => !event.verified).length,
  };
}

it(`${MESSAGES} messages, 300 of one millisecond, all come from the reference's store and from ours`, async () => {
  const startMs = Date.now() - MESSAGES - 60_000;
  const frames = Array.from({ length: MESSAGES }, (_, n) =>
    frameOf(n, startMs + (n >= EQUAL.from && n < EQUAL.to ? EQUAL.from : n)),
  );
  const expected = { count: MESSAGES, hash: hashOfIds(frames.map(({ id }) => id)) };
  const reference = await fillReference("127.0.0.2", frames);
  expect(await reference.summarize("lobby")).toEqual(expected);

  const first = await join("first", "127.0.0.3", [reference.url]);
  expect(await heardBy(first, MESSAGES)).toEqual({ ...expected, unproven: 0 });
  await reference.stop();

  const second = await join("second", "127.0.0.4", [first.url]);
  expect(await heardBy(second, MESSAGES)).toEqual({ ...expected, unproven: 0 });

  const late = await IndependentProcess.start({ host: "127.0.0.5", peers: [second.url] });
  running.push(late);
  await late.hears(`text ${MESSAGES - 1}`);
  expect((await late.summarize("lobby")).count).toBe(100);
});
