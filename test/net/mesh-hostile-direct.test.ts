import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { meshKeyFromSeed } from "mesh-sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { directChannelId } from "../../packages/mesh-sdk/src/direct/direct-channel.ts";
import {
  boxChannelId,
  sealKnock,
  tryReadPrekeyPayload,
} from "../../packages/mesh-sdk/src/direct/knock.ts";
import { parsePrekey, type Prekey, signPrekey } from "../../packages/mesh-sdk/src/direct/prekey.ts";
import { encodeFrame } from "../../packages/mesh-sdk/src/frame/encode-frame.ts";
import type { CheckedMessage } from "../../packages/mesh-sdk/src/message/message.ts";
import { signMessage } from "../../packages/mesh-sdk/src/message/sign-message.ts";
import { MeshProcess } from "../support/mesh-process.ts";
import { RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";

const key = meshKeyFromSeed(new Uint8Array(32).fill(66));

let folder = "";
const closers: (() => Promise<unknown> | void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-hostile-direct-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true });
});

async function connect(victim: MeshProcess): Promise<RawMeshPeer> {
  const stranger = await RawMeshPeer.connect(victim.url);
  closers.push(() => stranger.end());
  return stranger;
}

/** What the victim has laid out for whoever wants to write to it. */
async function prekeyOf(victim: MeshProcess, stranger: RawMeshPeer): Promise<Prekey> {
  const channel_id = boxChannelId(victim.peerId);
  stranger.send({ type: "sync_request", channel_id, after_message_id: null, limit: 100 });
  const page = await stranger.until(({ type }) => type === "sync_response");
  const messages: readonly unknown[] = Array.isArray(page["messages"]) ? page["messages"] : [];
  for (const message of messages) {
    const payload =
      typeof message === "object" && message !== null && "payload" in message
        ? message.payload
        : undefined;
    const fields = tryReadPrekeyPayload(payload);
    if (fields !== undefined) return parsePrekey(fields, Date.now());
  }
  throw new TypeError("no prekey in the box");
}

/** A knock with a prekey that is no key, and a sealed message that cannot open, which asks for an answer to it. */
async function weakKnock(victim: MeshProcess, stranger: RawMeshPeer): Promise<CheckedMessage[]> {
  const prekey = await prekeyOf(victim, stranger);
  const nowMs = Date.now();
  const own = signPrekey(key, {
    version: 1,
    publicKey: new Uint8Array(32),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + 86_400_000,
  });
  const knock = await sealKnock({
    key,
    prekey,
    own,
    timestampMs: nowMs,
    random: (length) => randomBytes(length),
  });
  const nonsense = signMessage(key, {
    channelId: directChannelId(key, victim.peerId),
    body: "",
    timestampMs: nowMs,
    nonce: randomBytes(16),
    sealed: { k: "nonsense", enc: "A".repeat(43), ct: "AAAA" },
  });
  return [knock, nonsense];
}

/** Somebody honest is heard. */
async function servesWith(victim: MeshProcess, body: string): Promise<void> {
  const events = await victim.listen();
  closers.push(() => events.close());
  const honest = await connect(victim);
  honest.send({ type: "message", ...signedMessage(honest.key, { body }) });
  await events.until((event) => event.body === body);
}

it("lives, and serves after a restart, when a stranger's prekey is no key and asks for an answer", async () => {
  let victim = await MeshProcess.start({ folder, channels: ["lobby"] });
  closers.push(() => victim.stop());
  const stranger = await connect(victim);
  for (const { message } of await weakKnock(victim, stranger)) {
    stranger.sendText(encodeFrame({ type: "message", message }));
  }
  // It has read both, and looks for a key of the stranger to answer it.
  const wanted = boxChannelId(key.peerId);
  await stranger.until((frame) => frame.type === "subscribe" && frame["channel_id"] === wanted);
  await servesWith(victim, "first");

  victim = await victim.restart();
  await servesWith(victim, "second");
  expect(victim.isAlive).toBe(true);
});
