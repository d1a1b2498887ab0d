import { afterEach, beforeEach, expect, it } from "vitest";
import {
  digestsIn,
  madeMessage,
  madeMessages,
  StoreFolder,
} from "../../test-support/made-messages.ts";
import { lateRefusalOf } from "../../test-support/refusal.ts";
import { createGroupCommit } from "./group-commit.ts";
import type { MeshStore, NewMessage } from "./port.ts";

let folder: StoreFolder;
let store: MeshStore;
let batches: number[];

beforeEach(() => {
  folder = new StoreFolder();
  store = folder.open();
  batches = [];
});

afterEach(() => folder[Symbol.dispose]());

const counting = (add: MeshStore["add"] = (batch) => store.add(batch)): Pick<MeshStore, "add"> => ({
  add: (batch) => {
    batches.push(batch.length);
    return add(batch);
  },
});

it("writes what comes together in one step, and resolves when it is on the disk", async () => {
  const commit = createGroupCommit(counting());
  const batch = madeMessages(100);
  const added = batch.map(async (message) => {
    const result = await commit.add(message);
    const item = { timestampMs: message.message.timestampMs, digest: message.digest };
    return store.lacking("lobby", [item]).length === 0 && result.outcome === "stored";
  });
  expect(batches).toEqual([]);
  expect(await Promise.all(added)).toEqual(batch.map(() => true));
  expect(batches).toEqual([100]);
});

it("gathers no more than so many messages, and no more than so many bytes", async () => {
  const commit = createGroupCommit(counting());
  await Promise.all(madeMessages(1_100).map((message) => commit.add(message)));
  expect(batches).toEqual([512, 512, 76]);
  batches.length = 0;
  const large = madeMessages(40, { channelId: "large", body: "x".repeat(64 * 1024) });
  await Promise.all(large.map((message) => commit.add(message)));
  expect(batches).toEqual([32, 8]);
});

it("writes at once what is left when it is flushed", () => {
  const commit = createGroupCommit(counting());
  void commit.add(madeMessage());
  commit.flush();
  commit.flush();
  expect(batches).toEqual([1]);
  expect(digestsIn(store)).toHaveLength(1);
});

it("refuses only what cannot be stored", async () => {
  const bad = madeMessage({ messageId: "bad" });
  const refusing = counting((batch) => {
    if (batch.includes(bad)) throw new RangeError("too big for a row");
    return store.add(batch);
  });
  const commit = createGroupCommit(refusing);
  const batch: NewMessage[] = madeMessages(63).toSpliced(20, 0, bad);
  const results = await Promise.allSettled(batch.map((message) => commit.add(message)));
  const refused = results.flatMap(({ status }, index) => (status === "rejected" ? [index] : []));
  expect(refused).toEqual([20]);
  expect(digestsIn(store)).toHaveLength(63);
  expect(batches.length).toBeLessThan(16);
});

it("tells everybody when the store cannot be written, and goes on with the next", async () => {
  const commit = createGroupCommit(counting((batch) => store.add(batch)));
  store[Symbol.dispose]();
  const codes = madeMessages(5).map((message) => lateRefusalOf(() => commit.add(message)));
  expect(await Promise.all(codes)).toEqual(Array.from({ length: 5 }, () => "closed"));
  expect(batches).toEqual([5]);
  store = folder.open();
  expect(await commit.add(madeMessage())).toMatchObject({ outcome: "stored" });
});
