import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeTransport, notDispatched, parseTestBody } from "../test-support/fake-transport.ts";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { tryParseStoredIngressEvent } from "./ingress-monitor.ts";
import { openIngressQueue } from "./ingress-queue.ts";
import { createOperatorView, type OperatorView } from "./operator-view.ts";
import { openOutbox } from "./outbox.ts";

let temporary: TemporaryStore;

beforeEach(() => {
  temporary = new TemporaryStore();
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

function openQueue(): ReturnType<typeof openIngressQueue<{ version: 1; rawEvent: string }>> {
  return openIngressQueue({
    store: temporary.store,
    channelId: "test",
    accountId: "main",
    tryParsePayload: tryParseStoredIngressEvent,
  });
}

function openView(): OperatorView {
  return createOperatorView({ store: temporary.store, queue: openQueue() });
}

describe("createOperatorView", () => {
  it("counts nothing in a new account", () => {
    expect(openView().counts()).toEqual({
      pending: 0,
      claimed: 0,
      failed: 0,
      oldestPendingAtMs: undefined,
      unsent: 0,
      oldestUnsentAtMs: undefined,
    });
  });

  it("says how much waits in all and of one lane, in rows and bytes on the disk", async () => {
    const queue = openQueue();
    await queue.enqueue("m1", { version: 1, rawEvent: "x".repeat(5000) }, { laneKey: "alice" });
    await queue.enqueue("m2", { version: 1, rawEvent: "x".repeat(5000) }, { laneKey: "alice" });
    await queue.enqueue("m3", { version: 1, rawEvent: "x" }, { laneKey: "bob" });
    await queue.claim("m2");
    const lengths = temporary.store
      .all("SELECT length(payload) AS bytes FROM ingress WHERE status = 'pending' ORDER BY seq")
      .map(({ bytes }) => Number(bytes));
    const [ofAlice = 0, ofBob = 0] = lengths;
    expect(ofAlice).toBeGreaterThan(5000);
    const view = openView();
    expect(view.countPending("alice")).toEqual({ rows: 1, bytes: ofAlice });
    expect(view.countPending()).toEqual({ rows: 2, bytes: ofAlice + ofBob });
    expect(view.countPending("nobody")).toEqual({ rows: 0, bytes: 0 });
  });

  it("counts what waits, runs and failed on the way in, and what waits on the way out", async () => {
    const queue = openQueue();
    for (const id of ["m1", "m2", "m3", "m4"]) {
      temporary.clock.nowMs += 10;
      await queue.enqueue(id, { version: 1, rawEvent: "{}" });
    }
    await queue.fail("m1", { reason: "gave_up" });
    await queue.claim("m2");
    const oldestPendingAtMs = temporary.clock.nowMs - 10;
    const transport = new FakeTransport();
    transport.before = () => Promise.reject(notDispatched());
    const outbox = openOutbox({ store: temporary.store, transport, parseBody: parseTestBody });
    const unsent = { queueId: "q1", partIndex: 0, target: "alice", body: { text: "hello" } };
    await expect(outbox.send(unsent)).rejects.toThrow("no connection");
    expect(openView().counts()).toEqual({
      pending: 2,
      claimed: 1,
      failed: 1,
      oldestPendingAtMs,
      unsent: 1,
      oldestUnsentAtMs: temporary.clock.nowMs,
    });
    expect(openView().countPending()).toEqual({ rows: 2, bytes: expect.any(Number) });
  });

  it("lists dead letters without their contents, and puts one back", async () => {
    const queue = openQueue();
    await queue.enqueue("m1", { version: 1, rawEvent: "canary" }, { laneKey: "lane" });
    await queue.fail("m1", { reason: "gave_up", message: "after 8 attempts", failedAt: 5 });
    const view = openView();
    const letters = await view.listDeadLetters();
    expect(letters).toEqual([
      {
        id: "m1",
        laneKey: "lane",
        sender: undefined,
        receivedAtMs: temporary.clock.nowMs,
        failedAtMs: 5,
        attempts: 0,
        reason: "gave_up",
        message: "after 8 attempts",
      },
    ]);
    await expect(view.resubmitDeadLetter("m1")).resolves.toBe("resubmitted");
    await expect(view.resubmitDeadLetter("m1")).resolves.toBe("active");
    await expect(view.resubmitDeadLetter("m2")).resolves.toBe("not-found");
    await expect(view.listDeadLetters()).resolves.toEqual([]);
  });
});
