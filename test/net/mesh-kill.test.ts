// What survives when a peer of ours is killed, or stopped in the middle of its work.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MeshPeer } from "mesh-sdk";
import { expect, it } from "vitest";
import { MeshCircle } from "../support/mesh-circle.ts";

const PUBLISHER = fileURLToPath(new URL("../support/mesh-publisher-process.ts", import.meta.url));
const SEED = "07".repeat(32);
const PROMISED = 300;

it("has every message that was promised before SIGKILL, and gives them to others", async () => {
  await using circle = new MeshCircle();
  const killed = circle.prepare({ listen: { port: 0 }, channels: ["lobby"], seed: SEED });
  const child = spawn(process.execPath, [PUBLISHER, killed.folder, SEED], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const promised: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    promised.push(line);
    if (promised.length === PROMISED) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  await killed.start();
  const reader = await circle.add({ peers: [killed.url], channels: ["lobby"] });
  const has = (): Set<string> => new Set(reader.received.map(({ messageId }) => messageId));
  await reader.until(() => promised.every((id) => has().has(id)));
  expect(has().size).toBe(reader.received.length);
});

it("offers an event again until it was marked as handled, and never after", async () => {
  await using circle = new MeshCircle();
  const speaker = await circle.add({ channels: ["lobby"] });
  const listener = await circle.add({
    peers: [speaker.url],
    channels: ["lobby"],
    marksHandled: false,
  });
  await speaker.peer.publish("lobby", { body: "first" });
  await speaker.peer.publish("lobby", { body: "second" });
  // One may come as news while the other is read from the store: either may be the earlier.
  const [first] = await Promise.all([listener.hears("first"), listener.hears("second")]);
  listener.peer.markHandled(first.id);
  await listener.stop();
  listener.received.length = 0;
  await listener.start();
  await listener.hears("second");
  expect(listener.bodies).toEqual(["second"]);
});

it("keeps a direct message that waits for a key over a restart, and sends it once", async () => {
  await using circle = new MeshCircle();
  const relay = await circle.add();
  const sender = await circle.add({ peers: [relay.url] });
  const receiver = circle.prepare({ peers: [relay.url] });
  const options = { key: "k" };
  const waiting = await sender.peer.sendDirect(receiver.id, { body: "patience" }, options);
  expect(waiting.messageId).toBeUndefined();
  await sender.stop();
  await sender.start();
  expect(sender.peer.status().queueDepth).toBe(1);
  await receiver.start();
  await receiver.hears("patience");
  await sender.until(() => sender.peer.status().queueDepth === 0);
  const again = await sender.peer.sendDirect(receiver.id, { body: "patience" }, options);
  expect(again.messageId).toBe(receiver.received[0]?.messageId);
  await sender.peer.sendDirect(receiver.id, { body: "the end" });
  await receiver.hears("the end");
  expect(receiver.bodies).toEqual(["patience", "the end"]);
});

it("gives its folder to one process at a time, to its own key, and to its owner alone", async () => {
  await using circle = new MeshCircle();
  const member = await circle.add();
  const { folder, key } = member;
  await expect(MeshPeer.open({ key, folder })).rejects.toMatchObject({ code: "locked" });
  await member.stop();
  const stranger = circle.prepare().key;
  await expect(MeshPeer.open({ key: stranger, folder })).rejects.toMatchObject({
    code: "wrong_key",
  });
  for (const name of readdirSync(folder)) {
    expect(statSync(path.join(folder, name)).mode & 0o077).toBe(0);
  }
  await member.start();
  expect(member.peer.peerId).toBe(key.peerId);
});
