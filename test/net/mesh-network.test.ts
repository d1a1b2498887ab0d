import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFiles } from "../support/folder-files.ts";
import type { IndependentSetup } from "../support/independent-mesh-process.ts";
import { IndependentProcess } from "../support/independent-mesh-runner.ts";
import type { MeshEventReader } from "../support/mesh-event-reader.ts";
import { MeshProcess, type MeshSetup } from "../support/mesh-process.ts";

/** Within which a network is whole again after a relay comes back. */
const HEAL_MS = 30_000;
const CHANNELS = ["lobby", "#dev"];
const SEED = "11".repeat(32);

let folder = "";
const running: { stop(): Promise<void> }[] = [];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-network-"));
});
afterAll(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()));
  rmSync(folder, { recursive: true });
});

/** One of ours by the `mesh` command, on an address of its own. */
async function ours(name: string, setup: Omit<MeshSetup, "folder">): Promise<MeshProcess> {
  const peer = await MeshProcess.start({ folder: path.join(folder, name), ...setup });
  running.push(peer);
  return peer;
}

async function independent(setup: IndependentSetup): Promise<IndependentProcess> {
  const peer = await IndependentProcess.start(setup);
  running.push(peer);
  return peer;
}

/** How many files of a peer hold a text in clear. */
function filesWith(name: string, text: string): number {
  return readFiles(path.join(folder, name)).filter(({ bytes }) => bytes.includes(text)).length;
}

/** @returns What was said, in no order that means anything; it has been heard. */
async function sayInOneGo(
  who: MeshProcess,
  hears: MeshEventReader,
  name: string,
  count: number,
): Promise<readonly string[]> {
  const bodies = Array.from({ length: count }, (_, n) => `${name} ${n}`);
  await Promise.all(bodies.map((body) => who.send({ channel: "#dev", body })));
  await Promise.all(bodies.map((body) => hears.until((event) => event.body === body)));
  return bodies;
}

describe("Ann and an independent peer at one relay, Ben and another one at the next", () => {
  let one: MeshProcess;
  let two: MeshProcess;
  let ann: MeshProcess;
  let ben: MeshProcess;
  /** It signs nothing. */
  let plain: IndependentProcess;
  let signing: IndependentProcess;
  let annHears: MeshEventReader;
  let benHears: MeshEventReader;

  beforeAll(async () => {
    one = await ours("one", { host: "127.0.0.2" });
    two = await ours("two", { host: "127.0.0.3", peers: [one.url] });
    [ann, ben, plain, signing] = await Promise.all([
      ours("ann", { host: "127.0.0.4", channels: CHANNELS, peers: [one.url] }),
      ours("ben", { host: "127.0.0.5", channels: CHANNELS, peers: [two.url] }),
      independent({ host: "127.0.0.6", channels: CHANNELS, peers: [one.url] }),
      independent({ host: "127.0.0.7", seedHex: SEED, peers: [two.url] }),
    ]);
    [annHears, benHears] = await Promise.all([ann.listen(), ben.listen()]);
  });
  afterAll(async () => {
    await Promise.all([annHears.close(), benHears.close()]);
  });

  it("the lobby reaches everybody", async () => {
    await ann.send({ channel: "lobby", body: "to everybody" });
    const [event] = await Promise.all([
      benHears.until((seen) => seen.body === "to everybody"),
      plain.hears("to everybody"),
      signing.hears("to everybody"),
    ]);
    expect(event).toMatchObject({ from: ann.peerId, verified: true });
  });

  it("a channel that no relay listens to crosses both, and ends at an independent peer", async () => {
    await ben.send({ channel: "#dev", body: "to developers" });
    const event = await annHears.until((seen) => seen.body === "to developers");
    expect(event).toMatchObject({ channel: "#dev", from: ben.peerId, verified: true });
    await plain.hears("to developers");
  });

  it("what an independent peer signs at one end is believed at the other", async () => {
    await signing.publish("lobby", "from the reference");
    const event = await annHears.until((seen) => seen.body === "from the reference");
    expect(event).toMatchObject({ from: signing.peerId, verified: true });
  });

  it("what nobody can prove is kept apart: no bot hears it, and no relay passes it on", async () => {
    await plain.publish("lobby", "I am whoever I say");
    await plain.publish("#dev", "and so am I");
    await expect.poll(() => one.metric("mesh_quarantined_messages")).toBe(2);
    await ann.send({ channel: "lobby", body: "a line below" });
    await Promise.all([
      benHears.until((event) => event.body === "a line below"),
      signing.hears("a line below"),
    ]);
    expect(await two.metric("mesh_quarantined_messages")).toBe(0);
    const heard = [...annHears.seen, ...benHears.seen].map((event) => event.from);
    expect(heard).not.toContain(plain.peerId);
    expect(await signing.countOf("I am whoever")).toBe(0);
  });

  it("direct messages go both ways, and no relay has their text", async () => {
    const secret = "the plaintext of a direct message";
    await ann.send({ to: ben.peerId, body: secret });
    const direct = await benHears.until((event) => event.kind === "direct");
    expect(direct).toMatchObject({ body: secret, from: ann.peerId, verified: true, sealed: true });
    await ben.send({ to: ann.peerId, body: `${secret}, answered` });
    await annHears.until((event) => event.kind === "direct" && event.body.startsWith(secret));
    // What they do have is found, so that finding nothing means something.
    expect([filesWith("one", "to everybody"), filesWith("two", "to everybody")]).not.toContain(0);
    expect([filesWith("one", secret), filesWith("two", secret)]).toEqual([0, 0]);
    expect(await plain.countOf(secret)).toBe(0);
  });

  it("an independent peer that was away for 150 messages gets the newest hundred", async () => {
    await plain.stop();
    await sayInOneGo(ann, benHears, "too old", 50);
    const newest = await sayInOneGo(ann, benHears, "new", 100);
    const again = await independent({ ...plain.setup, peers: [two.url] });
    await Promise.all(newest.map((body) => again.hears(body)));
    expect((await again.summarize("#dev")).count).toBe(100);
  });

  it("a relay that was killed heals within 30 seconds, and what was said meanwhile arrives", async () => {
    await two.stop("SIGKILL");
    await ann.send({ channel: "lobby", body: "while it is gone" });
    const startedAt = performance.now();
    running.push(await two.restart());
    await benHears.until((event) => event.body === "while it is gone");
    await ann.send({ channel: "lobby", body: "after" });
    await benHears.until((event) => event.body === "after");
    expect(performance.now() - startedAt).toBeLessThan(HEAL_MS);
  });
});

it("two of ours with an independent peer between them share its lobby and a channel that it does not know", async () => {
  const relay = await independent({ host: "127.0.0.13", seedHex: SEED });
  const setup = { channels: CHANNELS, peers: [relay.url] };
  const [first, last] = await Promise.all([
    ours("first", { host: "127.0.0.12", ...setup }),
    ours("last", { host: "127.0.0.14", ...setup }),
  ]);
  const hears = await last.listen();
  await Promise.all(
    [first, last].map((peer) => relay.until("greeted", ({ peerId }) => peerId === peer.peerId)),
  );
  await first.send({ channel: "lobby", body: "over it", payload: { n: [1, 2] } });
  await first.send({ channel: "#dev", body: "over it, too" });
  const event = await hears.until((seen) => seen.body === "over it");
  expect(event).toMatchObject({ from: first.peerId, verified: true, payload: { n: [1, 2] } });
  await hears.until((seen) => seen.channel === "#dev" && seen.verified);
  await hears.close();
});
