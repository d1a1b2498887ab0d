import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningRelay, startRelay } from "gossip-relay";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IndependentGossipClient } from "../support/independent-gossip-client.ts";
import { formatUserId } from "../support/independent-gossip-protocol.ts";

const ALICE =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const BOB = "legal winner thank year wave sausage worth useful legal winner thank yellow";

/** The user ids that the official app derives from these words; the derivation is frozen upstream (section 14). */
const ALICE_ID = "gossip1ywzkutgadznd0509tsl4gs4xjvsudhzgjuxc46ytngvq0lacx5es2xyz5s";
const BOB_ID = "gossip17z6elncflen865l2g07yxqtt588vmw866hkutjsy72za59u3rcsqa06pxe";

describe("two clients written from the specification alone, on the relay", () => {
  let relay: RunningRelay;
  let alice: IndependentGossipClient;
  let bob: IndependentGossipClient;
  let waits: number[];
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "gossip-relay-"));
    relay = await startRelay();
    waits = [];
    const wait = async (ms: number): Promise<void> => void waits.push(ms);
    alice = new IndependentGossipClient({ mnemonic: ALICE, baseUrl: relay.url, wait });
    bob = new IndependentGossipClient({ mnemonic: BOB, baseUrl: relay.url, wait });
    await alice.register();
    await bob.register();
  });
  afterEach(async () => {
    await relay.close();
    rmSync(folder, { recursive: true });
  });

  async function meet(): Promise<void> {
    await alice.announce(bob.userId, "Alice", "hello, it is me");
    await bob.pollAnnouncements();
    await bob.announce(alice.userId);
    await alice.pollAnnouncements();
  }

  it("have the identities that the official app derives", () => {
    expect([alice.userId, bob.userId]).toEqual([ALICE_ID, BOB_ID]);
  });

  it("introduce themselves by announcement and have a session when both did", async () => {
    await alice.announce(bob.userId, "Alice", "hello, it is me");
    expect(await bob.pollAnnouncements()).toEqual([
      { from: ALICE_ID, username: "Alice", message: "hello, it is me" },
    ]);
    expect(bob.hasSession(alice.userId)).toBe(false);
    await bob.announce(alice.userId);
    expect(bob.hasSession(alice.userId)).toBe(true);
    expect(await alice.pollAnnouncements()).toEqual([{ from: bob.userId }]);
    expect(alice.hasSession(bob.userId)).toBe(true);
  });

  it("talk both ways, in bursts, and acknowledge", async () => {
    await meet();
    const first = await alice.sendText(bob.userId, "one");
    await alice.sendText(bob.userId, "two 🦜");
    expect(alice.unacknowledged(bob.userId)).toBe(2);
    expect(await bob.pollMessages()).toEqual([
      { from: alice.userId, type: 0, messageId: first, text: "one" },
      expect.objectContaining({ from: alice.userId, text: "two 🦜" }),
    ]);
    await bob.sendText(alice.userId, "three");
    await bob.sendText(alice.userId, "x".repeat(10_000));
    const texts = (await alice.pollMessages()).map(({ text }) => text);
    expect(texts).toEqual(["three", "x".repeat(10_000)]);
    expect(alice.unacknowledged(bob.userId)).toBe(0);
    expect(await bob.pollMessages()).toEqual([]);
    expect(waits).toEqual([]);
  });

  it("cross their announcements and meet all the same", async () => {
    await alice.announce(bob.userId);
    await bob.announce(alice.userId);
    await alice.pollAnnouncements();
    await bob.pollAnnouncements();
    await alice.sendText(bob.userId, "crossed");
    expect(await bob.pollMessages()).toMatchObject([{ text: "crossed" }]);
  });

  it("see one message when its post was carried out but answered with an error", async () => {
    await meet();
    relay.faults.inject({
      kind: "status",
      status: 500,
      applied: true,
      routes: ["messages_post", "bulletin_post"],
      times: 2,
    });
    await alice.sendText(bob.userId, "once");
    expect(waits).toEqual([2_000, 4_000]);
    expect(await bob.pollMessages()).toMatchObject([{ text: "once" }]);
    expect(relay.stats().values).toBe(1);
  });

  it("see one announcement when it was posted twice", async () => {
    relay.faults.inject({ kind: "drop", applied: true, routes: ["bulletin_post"], times: 1 });
    await alice.announce(bob.userId);
    expect(relay.stats().announcements).toBe(2);
    expect(await bob.pollAnnouncements()).toHaveLength(1);
  });

  it("give up after three attempts, 2 and 4 seconds apart", async () => {
    const fault = relay.faults.inject({ kind: "status", status: 503, retryAfter: "9" });
    await expect(alice.pollAnnouncements()).rejects.toThrow("HTTP 503");
    expect(fault.hits).toBe(3);
    expect(waits).toEqual([2_000, 4_000]);
  });

  it("learn at once, without a retry, that an id is not known", async () => {
    const stranger = formatUserId(new Uint8Array(32));
    await expect(alice.announce(stranger)).rejects.toThrow("Public key not found");
    expect(waits).toEqual([]);
  });

  it("post to the board as the official client does, with a slash at the end", async () => {
    await meet();
    const posts: unknown[] = [];
    relay.faults.inject({
      kind: "respond",
      respond: (request, response, body) => {
        const { method, url, headers } = request;
        posts.push({ method, url, type: headers["content-type"], keys: Object.keys(body ?? {}) });
        response.end("{}");
      },
    });
    await alice.sendText(bob.userId, "hello");
    expect(posts).toEqual([
      { method: "POST", url: "/api/messages/", type: "application/json", keys: ["key", "value"] },
    ]);
  });

  it("go on after the relay was restarted on its file", async () => {
    const databasePath = path.join(folder, "relay.db");
    const first = await startRelay({ databasePath });
    const { port } = first;
    const baseUrl = first.url;
    alice = new IndependentGossipClient({ mnemonic: ALICE, baseUrl });
    bob = new IndependentGossipClient({ mnemonic: BOB, baseUrl });
    await alice.register();
    await bob.register();
    await alice.announce(BOB_ID);
    await bob.announce(ALICE_ID);
    await first.close();
    await using second = await startRelay({ databasePath, port });
    expect(second.stats()).toEqual({ keys: 2, announcements: 2, values: 0, newestCounter: 2n });
    await alice.pollAnnouncements();
    await bob.pollAnnouncements();
    await alice.sendText(BOB_ID, "after");
    expect(await bob.pollMessages()).toMatchObject([{ from: ALICE_ID, text: "after" }]);
  });
});
