import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeTransport, notDispatched, parseTestBody } from "../test-support/fake-transport.ts";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { openErasure, type Erasure } from "./erasure.ts";
import { openIngressQueue, type IngressQueue } from "./ingress-queue.ts";
import type { Outbox } from "./outbox-contract.ts";
import { openOutbox } from "./outbox.ts";

const ALICE = { laneKey: "lane-alice", target: "alice" };

let temporary: TemporaryStore;
let queue: IngressQueue<string>;
let outbox: Outbox<{ text: string }>;
let erasure: Erasure;

beforeEach(() => {
  temporary = new TemporaryStore();
  const { store } = temporary;
  queue = openIngressQueue({
    store,
    channelId: "test",
    accountId: "main",
    tryParsePayload: (value) => (typeof value === "string" ? value : undefined),
  });
  const transport = new FakeTransport();
  transport.before = () => {
    throw notDispatched();
  };
  outbox = openOutbox({ store, transport, parseBody: parseTestBody });
  erasure = openErasure(store);
});
afterEach(async () => {
  await outbox.close();
  temporary[Symbol.dispose]();
});

async function receive(id: string, who: string): Promise<void> {
  await queue.enqueue(id, `text of ${id}`, {
    receivedAt: temporary.clock.nowMs,
    laneKey: `lane-${who}`,
  });
}

async function failToSend(queueId: string, target: string): Promise<void> {
  const body = { text: `to ${target}` };
  await expect(outbox.send({ queueId, partIndex: 0, target, body })).rejects.toMatchObject({
    retryable: true,
  });
}

async function kill(id: string): Promise<void> {
  const claim = await queue.claim(id, { ownerId: "1:2:owner" });
  if (claim === null) throw new Error(`${id} could not be claimed`);
  await queue.fail(claim, { reason: "poison" });
}

async function waitingIds(): Promise<string[]> {
  return (await queue.listPending({ limit: "all" })).map(({ id }) => id);
}

it("erases one waiting event and one dead letter, and knows their ids afterwards", async () => {
  await receive("waits", "alice");
  await receive("dead", "alice");
  await receive("other", "alice");
  await kill("dead");
  expect(erasure.eraseEvent("waits")).toBe(1);
  expect(erasure.eraseEvent("dead")).toBe(1);
  expect(erasure.eraseEvent("unknown")).toBe(0);
  await expect(waitingIds()).resolves.toEqual(["other"]);
  await expect(queue.listFailed()).resolves.toEqual([]);
  await expect(queue.enqueue("dead", "again")).resolves.toMatchObject({ kind: "completed" });
});

it("leaves an event alone that is being worked on", async () => {
  await receive("claimed", "alice");
  const claim = await queue.claim("claimed", { ownerId: "1:2:owner" });
  expect(erasure.eraseEvent("claimed")).toBe(0);
  expect(claim === null || (await queue.complete(claim))).toBe(true);
});

it("erases a conversation in both directions and no other", async () => {
  await receive("from-alice", "alice");
  await receive("from-bob", "bob");
  await failToSend("to-alice", "alice");
  await failToSend("to-bob", "bob");
  expect(erasure.eraseConversation(ALICE)).toBe(2);
  await expect(waitingIds()).resolves.toEqual(["from-bob"]);
  expect(outbox.find("to-alice")).toEqual([]);
  expect(outbox.find("to-bob")).toHaveLength(1);
});

it("erases only what came in a span, where a conversation keeps its messages for a time", async () => {
  await receive("before", "alice");
  await failToSend("before", "alice");
  temporary.clock.nowMs += 1000;
  const sinceMs = temporary.clock.nowMs;
  await receive("old", "alice");
  await failToSend("old", "alice");
  temporary.clock.nowMs += 1000;
  const beforeMs = temporary.clock.nowMs;
  await receive("new", "alice");
  await failToSend("new", "alice");
  expect(erasure.eraseConversation(ALICE, { sinceMs, beforeMs })).toBe(2);
  await expect(waitingIds()).resolves.toEqual(["before", "new"]);
  expect(outbox.find("old")).toEqual([]);
  expect(outbox.find("before")).toHaveLength(1);
  expect(outbox.find("new")).toHaveLength(1);
});
