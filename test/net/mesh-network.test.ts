import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IndependentProcess } from "../support/independent-mesh-runner.ts";
import type { IndependentSetup } from "../support/independent-mesh-process.ts";
import { MeshProcess, type MeshSetup } from "../support/mesh-process.ts";

const HEAL_MS = 30_000;

let folder = "";
const running: { stop(): Promise<void> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "mesh-network-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()));
  rmSync(folder, { recursive: true });
});

/** One of ours by the `mesh` command, on an address of its own. */
async function ours(name: string, setup: Omit<MeshSetup, "folder"> = {}): Promise<MeshProcess> {
  const peer = await MeshProcess.start({ folder: path.join(folder, name), ...setup });
  running.push(peer);
  return peer;
}

async function independent(setup: IndependentSetup): Promise<IndependentProcess> {
  const peer = await IndependentProcess.start(setup);
  running.push(peer);
  return peer;
}

const SEED = "11".repeat(32);

/** How many files of a peer hold a text in clear. */
function filesWith(name: string, text: string): number {
  const root = path.join(folder, name);
  return readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (entry) =>
      entry.isFile() && readFileSync(path.join(entry.parentPath, entry.name)).includes(text),
  ).length;
}

describe("across two relays", () => {
  it("the lobby, a channel that no relay listens to, and direct messages arrive", async () => {
    const one = await ours("one", { host: "127.0.0.2" });
    const two = await ours("two", { host: "127.0.0.3", peers: [one.url] });
    const [ann, ben, ref, refSigned] = await Promise.all([
      ours("ann", { host: "127.0.0.4", channels: ["lobby", "#dev"], peers: [one.url] }),
      ours("ben", { host: "127.0.0.5", channels: ["lobby", "#dev"], peers: [two.url] }),
      independent({ host: "127.0.0.6", peers: [one.url] }),
      independent({ host: "127.0.0.7", peers: [two.url], seedHex: SEED }),
    ]);
    const [annHears, benHears] = await Promise.all([ann.listen(), ben.listen()]);

    await ann.send({ channel: "lobby", body: "to everybody" });
    await Promise.all([
      benHears.until((event) => event.body === "to everybody" && event.verified),
      ref.hears("to everybody"),
      refSigned.hears("to everybody"),
    ]);
    await refSigned.publish("lobby", "from the reference");
    await annHears.until((event) => event.body === "from the reference" && event.verified);

    await ann.send({ channel: "#dev", body: "to developers" });
    await benHears.until((event) => event.channel === "#dev" && event.body === "to developers");

    const secret = "the plaintext of a direct message";
    await ann.send({ to: ben.peerId, body: secret });
    const direct = await benHears.until((event) => event.kind === "direct");
    expect(direct).toMatchObject({ body: secret, from: ann.peerId, verified: true, sealed: true });
    await ben.send({ to: ann.peerId, body: `${secret}, answered` });
    await annHears.until((event) => event.kind === "direct" && event.body.startsWith(secret));

    await Promise.all([one.stop(), two.stop()]);
    expect([filesWith("one", secret), filesWith("two", secret)]).toEqual([0, 0]);
    expect(filesWith("one", "to everybody")).toBeGreaterThan(0);
    expect(await ref.countOf(secret)).toBe(0);
    await Promise.all([annHears.close(), benHears.close()]);
  });
});

describe("a chain of three with the independent peer", () => {
  it("first: what it signs is believed at the other end", async () => {
    const relay = await ours("relay", { host: "127.0.0.3" });
    const last = await ours("last", {
      host: "127.0.0.4",
      channels: ["lobby", "#dev"],
      peers: [relay.url],
    });
    const first = await independent({ host: "127.0.0.2", seedHex: SEED, peers: [relay.url] });
    const hears = await last.listen();
    await first.until("greeted");
    await first.publish("lobby", "from the first");
    const event = await hears.until((seen) => seen.body === "from the first");
    expect(event).toMatchObject({ from: first.peerId, verified: true });
    await hears.close();
  });

  it("between: ours find each other over it, in its lobby and in a channel that it does not know", async () => {
    const relay = await independent({ host: "127.0.0.3", seedHex: SEED });
    const setup = { channels: ["lobby", "#dev"], peers: [relay.url] };
    const first = await ours("first", { host: "127.0.0.2", ...setup });
    const last = await ours("last", { host: "127.0.0.4", ...setup });
    const hears = await last.listen();
    await relay.until("greeted", (report) => report.peerId === last.peerId);
    await first.send({ channel: "lobby", body: "over the reference", payload: { n: [1, 2] } });
    await first.send({ channel: "#dev", body: "over the reference, too" });
    const event = await hears.until((seen) => seen.body === "over the reference");
    expect(event).toMatchObject({ from: first.peerId, verified: true, payload: { n: [1, 2] } });
    await hears.until((seen) => seen.channel === "#dev" && seen.verified);
    await hears.close();
  });

  it("last: it hears what it wants, and later the newest hundred", async () => {
    const relay = await ours("relay", { host: "127.0.0.3" });
    const first = await ours("first", {
      host: "127.0.0.2",
      channels: ["#dev"],
      peers: [relay.url],
    });
    const last = await independent({
      host: "127.0.0.4",
      channels: ["lobby", "#dev"],
      peers: [relay.url],
    });
    await last.until("greeted");
    await first.send({ channel: "#dev", body: "for the last" });
    await last.hears("for the last");
    const bodies = Array.from({ length: 150 }, (_, n) => `while it was away ${n}`);
    await last.stop();
    for (const body of bodies) await first.send({ channel: "#dev", body });
    const relayHears = await relay.listen();
    const again = await independent({ host: "127.0.0.4", channels: ["#dev"], peers: [relay.url] });
    await Promise.all(bodies.slice(-100).map((body) => again.hears(body)));
    await relayHears.close();
  });
});

describe("a relay that is killed", () => {
  it("and comes back heals the network within 30 seconds, and what was said meanwhile arrives", async () => {
    const relay = await ours("relay", { host: "127.0.0.3" });
    const ann = await ours("ann", { host: "127.0.0.2", peers: [relay.url] });
    const ben = await ours("ben", { host: "127.0.0.4", peers: [relay.url] });
    const hears = await ben.listen();
    await ann.send({ channel: "lobby", body: "before" });
    await hears.until((event) => event.body === "before");
    await relay.stop("SIGKILL");
    await ann.send({ channel: "lobby", body: "while it is gone" });
    const startedAt = performance.now();
    running.push(await relay.restart());
    await hears.until((event) => event.body === "while it is gone");
    await ann.send({ channel: "lobby", body: "after" });
    await hears.until((event) => event.body === "after");
    expect(performance.now() - startedAt).toBeLessThan(HEAL_MS);
    await hears.close();
  });
});
