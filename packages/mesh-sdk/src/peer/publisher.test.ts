import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MeshError } from "../errors.ts";
import { meshKeyFromSeed } from "../identity/mesh-key.ts";
import type { CheckedMessage } from "../message/message.ts";
import { readContent } from "../message/read-content.ts";
import { openOwnStore, type OwnStore } from "../own/own-store.ts";
import { openMeshStore } from "../store/mesh-store.ts";
import { Publisher, restoreUnconfirmed } from "./publisher.ts";

const key = meshKeyFromSeed(new Uint8Array(32).fill(7));
const clock = { now: () => 1_795_000_000_000 };

let folder = "";
let own: OwnStore;
let sent: CheckedMessage[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "publisher-"));
  own = openOwnStore(path.join(folder, "own.sqlite"), key);
  sent = [];
});

afterEach(() => {
  own.close();
  rmSync(folder, { recursive: true, force: true });
});

const keep = async (message: CheckedMessage): Promise<void> => {
  sent.push(message);
};

const refuse = async (): Promise<void> => {
  throw new MeshError("state_unwritable", "store: full");
};

it("numbers and chains what is said in a channel, also when it is said at once", async () => {
  const publisher = new Publisher({ key, own, clock, send: keep });
  const receipts = await Promise.all(
    ["a", "b", "c"].map(async (body) => publisher.publish("lobby", { body }, body)),
  );
  const contents = sent.map(({ message }) => readContent(message));
  expect(contents.map(({ body, seq }) => [body, seq])).toEqual([
    ["a", 1],
    ["b", 2],
    ["c", 3],
  ]);
  expect(contents.map(({ prev }) => prev)).toEqual([
    undefined,
    receipts[0]?.messageId,
    receipts[1]?.messageId,
  ]);
  const times = new Set(sent.map(({ message }) => message.timestamp));
  expect(times.size).toBe(3);
});

it("makes one message of one key, within a batch and later", async () => {
  const publisher = new Publisher({ key, own, clock, send: keep });
  const orders = ["a", "b"].map(async (body) => publisher.publish("lobby", { body }, "k"));
  const [first, second] = await Promise.all(orders);
  expect(second).toEqual(first);
  expect(await publisher.publish("lobby", { body: "c" }, "k")).toEqual(first);
  expect(new Set(sent.map(({ message }) => message.messageId)).size).toBe(1);
});

it("refuses what others would refuse, without a number for it, and signs the rest of the batch", async () => {
  const publisher = new Publisher({ key, own, clock, send: keep });
  const bad = publisher.publish("lobby", { body: "x".repeat(70_000) }, "bad");
  const good = publisher.publish("lobby", { body: "good" }, "good");
  await expect(bad).rejects.toMatchObject({ code: "too_large" });
  await good;
  expect(sent.map(({ message }) => readContent(message).seq)).toEqual([1]);
});

it("gives the store after a crash what it had signed and not stored", async () => {
  const publisher = new Publisher({ key, own, clock, send: refuse });
  await expect(publisher.publish("lobby", { body: "a" }, "k")).rejects.toMatchObject({
    code: "state_unwritable",
  });
  using store = openMeshStore({ path: path.join(folder, "mesh.sqlite"), clock });
  restoreUnconfirmed(own, store, clock);
  const limits = { limit: 10, maxBytes: 10_000 };
  const [restored] = store.newest("lobby", limits);
  expect(restored?.message.body).toBe("a");
  restoreUnconfirmed(own, store, clock);
  expect(store.newest("lobby", limits)).toHaveLength(1);
  const again = new Publisher({ key, own, clock, send: keep });
  const receipt = await again.publish("lobby", { body: "another" }, "k");
  expect(receipt.messageId).toBe(restored?.message.messageId);
});

it("offers for a month what the store refuses after a crash", async () => {
  const publisher = new Publisher({ key, own, clock, send: refuse });
  await expect(publisher.publish("lobby", { body: "a" }, "k")).rejects.toMatchObject({
    code: "state_unwritable",
  });
  // What was sent is older by now than all that this one keeps.
  const restoreAfter = (ms: number): number => {
    const later = { now: () => clock.now() + ms };
    const limits = { retentionMs: 1_000 };
    const file = path.join(folder, `${ms}.sqlite`);
    using store = openMeshStore({ path: file, clock: later, limits });
    restoreUnconfirmed(own, store, later);
    return own.sent.unconfirmed().length;
  };
  expect(restoreAfter(10_000)).toBe(1);
  expect(restoreAfter(32 * 86_400_000)).toBe(0);
});
