import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { MeshProcess } from "../support/mesh-process.ts";
import { connectProven } from "../support/mesh-proven-peer.ts";
import { RawMeshPeer, signedMessage } from "../support/mesh-raw-peer.ts";

let folder = "";
let victim: MeshProcess;
const callers: RawMeshPeer[] = [];
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-middle-"));
  // As `mesh join` does when nobody says otherwise: on all addresses, and without a name.
  victim = await MeshProcess.start({ folder, host: "0.0.0.0" });
});
afterEach(async () => {
  for (const caller of callers.splice(0)) {
    caller.end();
    await caller.closed();
  }
});
afterAll(async () => {
  await victim.stop();
  rmSync(folder, { recursive: true });
});

it.each(["127.0.0.1", "127.0.0.9", "localhost"])(
  "a peer that has dialed %s, which is this machine, proves itself",
  async (address) => {
    const peer = await connectProven(`ws://${address}:${victim.port}`);
    callers.push(peer);
    await peer.until((frame) => frame.type === "auth");
    await peer.settled();
    expect(await victim.metric("mesh_proven_links")).toBe(1);
  },
);

it("a peer in the middle gets no proof for the name that was dialed, and none that it passes on counts", async () => {
  const peer = await RawMeshPeer.connect(`ws://127.0.0.1:${victim.port}`, {
    headers: { host: "middle.example" },
    greeting: { oc: 1, nonce: randomBytes(32).toString("base64url") },
  });
  callers.push(peer);
  const greeting = await peer.until((frame) => frame.type === "handshake");
  expect(greeting).not.toHaveProperty("nonce");
  expect(greeting).not.toHaveProperty("oc");
  peer.send({ type: "auth", signature: randomBytes(64).toString("base64") });
  await peer.settled();
  expect(await victim.metric("mesh_proven_links")).toBe(0);
  expect(peer.seen.map(({ type }) => type)).not.toContain("auth");
  // It is served as anybody is.
  const events = await victim.listen();
  peer.send({ type: "message", ...signedMessage(peer.key, { body: "from a stranger" }) });
  await events.until(({ body }) => body === "from a stranger");
  await events.close();
});

it("says at the start that a name is missing", async () => {
  const said = (): boolean => victim.errors.some((line) => line.includes("MESH_PUBLIC_HOSTS"));
  while (!said()) await once(victim.child.stderr ?? victim.child, "data");
  expect(said()).toBe(true);
});
