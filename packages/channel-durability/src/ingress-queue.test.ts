// The contract that the host's monitor and drain rely on.

import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { openIngressQueue, type IngressQueue } from "./ingress-queue.ts";

interface Payload {
  readonly text: string;
}

let temporary: TemporaryStore;
let queue: IngressQueue<Payload>;

beforeEach(() => {
  temporary = new TemporaryStore();
  queue = open();
});
afterEach(() => {
  temporary[Symbol.dispose]();
});

function open(): IngressQueue<Payload> {
  return openIngressQueue<Payload>({
    store: temporary.store,
    channelId: "test",
    accountId: "main",
    tryParsePayload: (value) =>
      typeof value === "object" &&
      value !== null &&
      "text" in value &&
      typeof value.text === "string"
        ? { text: value.text }
        : undefined,
  });
}

function at(ms: number): number {
  temporary.clock.nowMs = ms;
  return ms;
}

/** Enqueues `id` in lane `lane` at the given time. */
async function add(id: string, lane?: string, receivedAt = temporary.clock.nowMs): Promise<void> {
  const laneKey = lane === undefined ? {} : { laneKey: lane };
  await queue.enqueue(id, { text: `text of ${id}` }, { receivedAt, ...laneKey });
}

async function claimed(id: string): Promise<NonNullable<Awaited<ReturnType<typeof queue.claim>>>> {
  const claim = await queue.claim(id, { ownerId: "1:2:owner" });
  if (claim === null) {
    throw new Error(`test: ${id} could not be claimed`);
  }
  return claim;
}

/** Flips one byte of a sealed column, as a damaged disk would. */
function damage(id: string, column: "payload" | "head"): void {
  const database = new DatabaseSync(temporary.path);
  database
    .prepare(`UPDATE ingress SET ${column} = zeroblob(length(${column})) WHERE id_tag = ?`)
    .run(temporary.store.sealer.tag("ingress id", id));
  database.close();
}

async function pendingIds(orderBy?: "received" | "id"): Promise<string[]> {
  const records = await queue.listPending({
    limit: "all",
    ...(orderBy === undefined ? {} : { orderBy }),
  });
  return records.map(({ id }) => id);
}

describe("enqueue", () => {
  it("accepts a new event with everything that was given", async () => {
    at(2000);
    const result = await queue.enqueue(
      " m1 ",
      { text: "hi" },
      { receivedAt: 1000, laneKey: "d:alice", metadata: { hop: 1 } },
    );
    expect(result).toEqual({
      kind: "accepted",
      duplicate: false,
      record: {
        id: "m1",
        channelId: "test",
        accountId: "main",
        queueName: '["test","main"]',
        payload: { text: "hi" },
        metadata: { hop: 1 },
        laneKey: "d:alice",
        receivedAt: 1000,
        updatedAt: 2000,
        attempts: 0,
      },
    });
  });

  it("has the row on disk for every other process when it resolves", async () => {
    await add("m1");
    const other = temporary.open();
    expect(other.get("SELECT count(*) AS n FROM ingress WHERE status = 'pending'")).toEqual({
      n: 1,
    });
    other.close();
  });

  it("answers a repeated event with its state and changes nothing", async () => {
    await add("m1", "lane");
    await expect(queue.enqueue("m1", { text: "other" })).resolves.toMatchObject({
      kind: "pending",
      duplicate: true,
      record: { payload: { text: "text of m1" }, laneKey: "lane" },
    });
    const claim = await claimed("m1");
    await expect(queue.enqueue("m1", { text: "other" })).resolves.toMatchObject({
      kind: "claimed",
      duplicate: true,
      record: { claim: claim.claim },
    });
    await queue.complete(claim, { metadata: { by: "test" } });
    await expect(queue.enqueue("m1", { text: "other" })).resolves.toMatchObject({
      kind: "completed",
      duplicate: true,
      record: { id: "m1", metadata: { by: "test" } },
    });
  });

  it("answers a repeated event that was given up with its reason", async () => {
    await add("m1");
    await queue.fail("m1", { reason: "too_old", message: "older than a day" });
    await expect(queue.enqueue("m1", { text: "other" })).resolves.toMatchObject({
      kind: "failed",
      duplicate: true,
      record: { id: "m1", reason: "too_old", message: "older than a day" },
    });
  });

  it("puts a pending row aside that does not open, instead of taking its event a second time", async () => {
    await add("m1");
    damage("m1", "payload");
    await expect(queue.enqueue("m1", { text: "again" })).resolves.toMatchObject({
      kind: "failed",
      duplicate: true,
      record: { id: "m1", reason: "corrupt_payload" },
    });
  });

  it("refuses an empty id", async () => {
    await expect(queue.enqueue("  ", { text: "hi" })).rejects.toMatchObject({ code: "invalid_id" });
  });

  it("keeps one row when the same event arrives many times at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, () => queue.enqueue("m1", { text: "hi" })),
    );
    expect(results.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
    expect(await pendingIds()).toEqual(["m1"]);
  });
});

describe("listPending", () => {
  it("gives the oldest first, and events of one millisecond in the order of arrival", async () => {
    await add("b", undefined, 2);
    await add("z", undefined, 1);
    await add("a", undefined, 1);
    expect(await pendingIds()).toEqual(["z", "a", "b"]);
  });

  it("keeps the order of a lane when the clock is set back, whatever is in the others", async () => {
    await add("m1", "alice", 5000);
    await add("m2", "alice", 1000);
    await add("m3", "bob", 2000);
    await add("m4", "alice", 6000);
    expect(await pendingIds()).toEqual(["m3", "m1", "m2", "m4"]);
  });

  it("orders by id when asked", async () => {
    await add("b", undefined, 1);
    await add("c", undefined, 2);
    await add("a", undefined, 3);
    expect(await pendingIds("id")).toEqual(["a", "b", "c"]);
  });

  it("gives 100 rows unless told otherwise", async () => {
    for (let index = 0; index < 120; index += 1) {
      await add(`m${index}`);
    }
    expect(await queue.listPending()).toHaveLength(100);
    expect(await queue.listPending({ limit: 7 })).toHaveLength(7);
    expect(await queue.listPending({ limit: "all" })).toHaveLength(120);
  });

  it("leaves out rows that do not open", async () => {
    await add("good");
    await add("bad");
    damage("bad", "payload");
    expect(await pendingIds()).toEqual(["good"]);
  });
});

describe("createLook", () => {
  const held = new Set<string>();
  let readTexts: string[] = [];
  beforeEach(() => {
    held.clear();
    readTexts = [];
  });

  function createLook(passing: readonly string[] = []) {
    const look = queue.createLook<string>({
      isHeld: (laneKey) => held.has(laneKey),
      read: ({ text }) => {
        readTexts.push(text);
        return text;
      },
      passes: (text) => passing.includes(text),
    });
    return () => look().map(({ id }) => id);
  }

  it("gives free events in the order of arrival, and a held one only when it may pass", async () => {
    await add("free", "b", 1);
    await add("first", "a", 2);
    await add("stop", "a", 3);
    await add("lonely", undefined, 4);
    await add("next", "b", 5);
    const look = createLook(["text of stop"]);
    expect(look()).toEqual(["free", "first", "stop", "lonely", "next"]);
    held.add("a");
    expect(look()).toEqual(["free", "stop", "lonely", "next"]);
    held.add("b");
    expect(look()).toEqual(["stop", "lonely"]);
    held.clear();
    expect(look()).toEqual(["free", "first", "stop", "lonely", "next"]);
  });

  it("reads a held event once as long as it waits, and never a long one", async () => {
    await add("short", "a");
    await queue.enqueue("long", { text: "x".repeat(5000) }, { laneKey: "a" });
    held.add("a");
    const look = createLook();
    expect([look(), look(), look()]).toEqual([[], [], []]);
    expect(readTexts).toEqual(["text of short"]);
  });

  it("comes to every short event, though one look reads no more than 500", async () => {
    for (let index = 0; index < 510; index += 1) await add(`m${index}`, "a", 1);
    held.add("a");
    const look = createLook(["text of m509"]);
    expect(look()).toEqual([]);
    expect(readTexts).toHaveLength(500);
    expect(look()).toEqual(["m509"]);
    expect(readTexts).toHaveLength(510);
  });

  it("opens the contents of a record when they are read", async () => {
    await add("m1", "a");
    await add("bad", "a");
    damage("bad", "payload");
    const look = queue.createLook<string>({ isHeld: () => false, passes: () => false });
    const [good, bad] = look();
    expect(good?.payload).toEqual({ text: "text of m1" });
    expect(() => bad?.payload).toThrow(expect.objectContaining({ code: "corrupt_row" }));
  });
});

describe("claimNext", () => {
  it("claims the oldest row under a fresh token and the given owner", async () => {
    await add("m1", "lane", 1);
    await add("m2", "other", 2);
    at(5000);
    const claim = await queue.claimNext({ ownerId: "42:777:uuid" });
    expect(claim).toMatchObject({
      id: "m1",
      laneKey: "lane",
      claim: { ownerId: "42:777:uuid", claimedAt: 5000 },
    });
    expect(claim?.claim.token).toMatch(/^[0-9a-f-]{36}$/);
    expect(await queue.listClaims()).toEqual([claim]);
    expect(await pendingIds()).toEqual(["m2"]);
  });

  it("skips blocked lanes", async () => {
    await add("m1", "held", 1);
    await add("m2", "free", 2);
    const claim = await queue.claimNext({ blockedLaneKeys: [" held "] });
    expect(claim?.id).toBe("m2");
    await expect(queue.claimNext({ blockedLaneKeys: ["held"] })).resolves.toBeNull();
  });

  it("keeps the order inside a lane: a lane with a claimed row is held", async () => {
    await add("m1", "lane", 1);
    await add("m2", "lane", 2);
    const first = await claimed("m1");
    await expect(queue.claimNext()).resolves.toBeNull();
    await queue.complete(first);
    await expect(queue.claimNext()).resolves.toMatchObject({ id: "m2" });
  });

  it("looks at candidates only, and at claims among them only", async () => {
    await add("m1", "lane", 1);
    await add("m2", "lane", 2);
    await add("m3", "other", 3);
    await claimed("m1");
    await expect(queue.claimNext({ candidateIds: [] })).resolves.toBeNull();
    await expect(queue.claimNext({ candidateIds: ["m1", "m2"] })).resolves.toBeNull();
    // The drain names held lanes itself, and leaves out a lane that a deferred turn gave back.
    await expect(queue.claimNext({ candidateIds: ["m2"] })).resolves.toMatchObject({ id: "m2" });
    await expect(queue.claimNext({ candidateIds: ["m3"] })).resolves.toMatchObject({ id: "m3" });
  });

  it("uses the derived lane of a row without one, and stores it", async () => {
    await add("m1", undefined, 1);
    await add("m2", undefined, 2);
    await expect(
      queue.claimNext({
        blockedLaneKeys: ["lane of m1"],
        deriveLaneKey: ({ id }) => `lane of ${id}`,
      }),
    ).resolves.toMatchObject({ id: "m2", laneKey: "lane of m2" });
  });

  it("moves a row to its derived lane only where the caller allows it", async () => {
    await add("m1", "old", 1);
    await add("m2", "old", 2);
    const refused = await queue.claimNext({
      deriveLaneKey: () => "new",
      reconcileStoredLaneKey: () => false,
    });
    expect(refused).toMatchObject({ id: "m1", laneKey: "old" });
    const moved = await queue.claimNext({
      candidateIds: ["m2"],
      deriveLaneKey: () => "new",
      reconcileStoredLaneKey: () => true,
    });
    expect(moved).toMatchObject({ id: "m2", laneKey: "new" });
  });

  it("stops after the scan limit when lanes have to be derived", async () => {
    await add("m1", "held", 1);
    await add("m2", "held", 2);
    await add("m3", "free", 3);
    const options = { blockedLaneKeys: ["held"], scanLimit: 2 };
    await expect(
      queue.claimNext({ ...options, deriveLaneKey: ({ laneKey }) => laneKey }),
    ).resolves.toBeNull();
    await expect(queue.claimNext(options)).resolves.toMatchObject({ id: "m3" });
  });

  it("orders by id when asked", async () => {
    await add("b", undefined, 1);
    await add("a", undefined, 2);
    await expect(queue.claimNext({ orderBy: "id" })).resolves.toMatchObject({ id: "a" });
  });

  it("puts rows aside that do not open and takes the next one", async () => {
    await add("bad", undefined, 1);
    await add("good", undefined, 2);
    damage("bad", "payload");
    await expect(queue.claimNext()).resolves.toMatchObject({ id: "good" });
    await expect(queue.listFailed()).resolves.toMatchObject([
      { id: "bad", reason: "corrupt_payload" },
    ]);
  });

  it("names a row by its tag when even its id does not open", async () => {
    await add("bad");
    damage("bad", "head");
    await expect(queue.claimNext()).resolves.toBeNull();
    const [letter] = await queue.listFailed();
    expect(letter?.id).toMatch(/^unreadable:[0-9a-f]{32}$/);
  });

  it("recovers stale claims first when it is given their age", async () => {
    at(1000);
    await add("m1");
    await claimed("m1");
    at(5000);
    await expect(queue.claimNext({ staleMs: 6000 })).resolves.toBeNull();
    await expect(queue.claimNext({ staleMs: 3000 })).resolves.toMatchObject({
      id: "m1",
      attempts: 1,
    });
  });

  it("gives a row to one of many claimers", async () => {
    await add("m1");
    const claims = await Promise.all(Array.from({ length: 20 }, () => queue.claimNext()));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });
});

describe("claim", () => {
  it("claims one pending row, and neither a claimed, a finished nor an unknown one", async () => {
    await add("m1");
    const claim = await claimed("m1");
    await expect(queue.claim("m1")).resolves.toBeNull();
    await queue.complete(claim);
    await expect(queue.claim("m1")).resolves.toBeNull();
    await expect(queue.claim("unknown")).resolves.toBeNull();
  });

  it("puts a row aside that does not open", async () => {
    await add("m1");
    damage("m1", "payload");
    await expect(queue.claim("m1")).resolves.toBeNull();
    await expect(queue.listFailed()).resolves.toMatchObject([{ reason: "corrupt_payload" }]);
  });
});

describe("refreshClaim", () => {
  it("prolongs a claim while its token holds", async () => {
    await add("m1");
    const claim = await claimed("m1");
    await expect(queue.refreshClaim(claim, { refreshedAt: 99 })).resolves.toBe(true);
    await expect(queue.listClaims()).resolves.toMatchObject([{ claim: { claimedAt: 99 } }]);
    await queue.release(claim);
    await expect(queue.refreshClaim(claim)).resolves.toBe(false);
  });
});

describe("complete", () => {
  it("leaves a tombstone without the payload", async () => {
    await add("m1");
    const claim = await claimed("m1");
    await expect(queue.complete(claim, { completedAt: 50 })).resolves.toBe(true);
    await expect(queue.enqueue("m1", { text: "again" })).resolves.toMatchObject({
      kind: "completed",
      record: { completedAt: 50 },
    });
    expect(temporary.store.get("SELECT payload, metadata FROM ingress")).toEqual({
      payload: null,
      metadata: null,
    });
  });

  it("does nothing for a claim whose token was lost", async () => {
    await add("m1");
    const lost = await claimed("m1");
    await queue.release(lost);
    const current = await claimed("m1");
    await expect(queue.complete(lost)).resolves.toBe(false);
    await expect(queue.listClaims()).resolves.toMatchObject([{ claim: current.claim }]);
  });

  it("ends a pending row by its id, but not a claimed one", async () => {
    await add("m1");
    await add("m2");
    await claimed("m2");
    await expect(queue.complete("m1")).resolves.toBe(true);
    await expect(queue.complete("m2")).resolves.toBe(false);
    expect(await pendingIds()).toEqual([]);
    await expect(queue.listClaims()).resolves.toMatchObject([{ id: "m2" }]);
  });

  it("keeps an event out that has not come yet", async () => {
    await expect(queue.complete("m1")).resolves.toBe(true);
    await expect(queue.complete("m1")).resolves.toBe(false);
    await expect(queue.enqueue("m1", { text: "late" })).resolves.toMatchObject({
      kind: "completed",
    });
  });
});

describe("release", () => {
  it("gives the row back with one attempt more and the error noted", async () => {
    await add("m1");
    const claim = await claimed("m1");
    await expect(queue.release(claim, { lastError: "boom", releasedAt: 70 })).resolves.toBe(true);
    await expect(queue.listPending()).resolves.toMatchObject([
      { id: "m1", attempts: 1, lastAttemptAt: 70, lastError: "boom", updatedAt: 70 },
    ]);
  });

  it("counts no attempt when told so, and keeps the error that was there", async () => {
    await add("m1");
    await queue.release(await claimed("m1"), { lastError: "boom", releasedAt: 70 });
    await queue.release(await claimed("m1"), { recordAttempt: false, releasedAt: 80 });
    await expect(queue.listPending()).resolves.toMatchObject([
      { attempts: 1, lastAttemptAt: 70, lastError: "boom", updatedAt: 80 },
    ]);
  });

  it("does nothing for a lost claim, and nothing to a claimed row by its id", async () => {
    await add("m1");
    const lost = await claimed("m1");
    await queue.release(lost);
    await claimed("m1");
    await expect(queue.release(lost)).resolves.toBe(false);
    await expect(queue.release("m1")).resolves.toBe(false);
    await expect(queue.listClaims()).resolves.toHaveLength(1);
  });
});

describe("fail and listFailed", () => {
  it("keeps the event with its reason for the operator", async () => {
    await queue.enqueue("m1", { text: "hi" }, { laneKey: "lane", receivedAt: 5, metadata: [1] });
    await queue.release(await claimed("m1"), { lastError: "first", releasedAt: 60 });
    const claim = await claimed("m1");
    await expect(
      queue.fail(claim, { reason: "gave_up", message: "no luck", failedAt: 90 }),
    ).resolves.toBe(true);
    await expect(queue.listFailed()).resolves.toEqual([
      {
        id: "m1",
        channelId: "test",
        accountId: "main",
        queueName: '["test","main"]',
        payload: { text: "hi" },
        metadata: [1],
        laneKey: "lane",
        receivedAt: 5,
        updatedAt: 90,
        attempts: 1,
        lastAttemptAt: 60,
        failedAt: 90,
        reason: "gave_up",
        message: "no luck",
      },
    ]);
  });

  it("lists the oldest failure first, as many as asked for", async () => {
    for (const [id, failedAt] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ] as const) {
      await add(id);
      await queue.fail(id, { reason: "r", failedAt });
    }
    const letters = await queue.listFailed({ limit: 2 });
    expect(letters.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("does nothing for a lost claim", async () => {
    await add("m1");
    const lost = await claimed("m1");
    await queue.release(lost);
    await expect(queue.fail(lost, { reason: "r" })).resolves.toBe(false);
    expect(await pendingIds()).toEqual(["m1"]);
  });
});

describe("resubmit", () => {
  it("makes a dead letter a new event, with its payload and without its past", async () => {
    await add("m1", "lane", 5);
    await queue.release(await claimed("m1"), { lastError: "first" });
    await queue.fail("m1", { reason: "gave_up" });
    await expect(queue.resubmit("m1", { resubmittedAt: 200 })).resolves.toMatchObject({
      kind: "resubmitted",
      previous: { reason: "gave_up", receivedAt: 5, attempts: 1 },
    });
    const [record] = await queue.listPending();
    expect(record).toEqual({
      id: "m1",
      channelId: "test",
      accountId: "main",
      queueName: '["test","main"]',
      payload: { text: "text of m1" },
      laneKey: "lane",
      receivedAt: 200,
      updatedAt: 200,
      attempts: 0,
    });
    await expect(queue.listFailed()).resolves.toEqual([]);
  });

  it("says why it cannot", async () => {
    await expect(queue.resubmit("unknown")).resolves.toEqual({ kind: "not-found" });
    await add("m1");
    await expect(queue.resubmit("m1")).resolves.toEqual({ kind: "active", status: "pending" });
    const claim = await claimed("m1");
    await expect(queue.resubmit("m1")).resolves.toEqual({ kind: "active", status: "claimed" });
    await queue.complete(claim);
    await expect(queue.resubmit("m1")).resolves.toMatchObject({
      kind: "completed",
      record: { id: "m1" },
    });
  });

  it("cannot bring a payload back that does not open", async () => {
    await add("m1");
    damage("m1", "payload");
    await queue.claimNext();
    await expect(queue.resubmit("m1")).resolves.toMatchObject({
      kind: "unrecoverable",
      record: { id: "m1", reason: "corrupt_payload" },
    });
  });
});

describe("delete", () => {
  it("removes a pending row by id, and a claimed one only by its claim", async () => {
    await add("m1");
    await add("m2");
    const claim = await claimed("m2");
    await expect(queue.delete("m1")).resolves.toBe(true);
    await expect(queue.delete("m2")).resolves.toBe(false);
    await expect(queue.delete({ id: "m2", claim: { token: "wrong" } })).resolves.toBe(false);
    await expect(queue.delete(claim)).resolves.toBe(true);
    await expect(queue.delete(claim)).resolves.toBe(false);
  });

  it("removes a pending row by its record", async () => {
    await add("m1");
    const [record] = await queue.listPending();
    await expect(queue.delete(record ?? "")).resolves.toBe(true);
    expect(await pendingIds()).toEqual([]);
  });
});

describe("recoverStaleClaims", () => {
  it("gives rows of dead owners back with one attempt more, at once when told so", async () => {
    at(1000);
    await add("m1");
    await claimed("m1");
    await expect(queue.recoverStaleClaims({ staleMs: 1, now: 1000 })).resolves.toBe(0);
    await expect(queue.recoverStaleClaims({ staleMs: 0, now: 1000 })).resolves.toBe(1);
    await expect(queue.listPending()).resolves.toMatchObject([
      { id: "m1", attempts: 1, lastAttemptAt: 1000 },
    ]);
  });

  it("gives back what a dead owner claimed before a clock that was ahead was set right", async () => {
    at(5000);
    await add("m1");
    await claimed("m1");
    at(1000);
    await expect(queue.recoverStaleClaims({ shouldRecover: () => false })).resolves.toBe(0);
    await expect(queue.recoverStaleClaims()).resolves.toBe(1);
    expect(await pendingIds()).toEqual(["m1"]);
  });

  it("leaves a claim whose owner the caller knows to live", async () => {
    await add("m1");
    await add("m2");
    await queue.claim("m1", { ownerId: "alive" });
    await queue.claim("m2", { ownerId: "dead" });
    const recovered = await queue.recoverStaleClaims({
      shouldRecover: async ({ claim }) => claim.ownerId === "dead",
    });
    expect(recovered).toBe(1);
    expect(await pendingIds()).toEqual(["m2"]);
  });

  it("does not take a row that changed hands while the caller thought about it", async () => {
    await add("m1");
    const claim = await claimed("m1");
    const recovered = await queue.recoverStaleClaims({
      shouldRecover: async () => {
        await queue.release(claim, { recordAttempt: false });
        await queue.claim("m1", { ownerId: "successor" });
        return true;
      },
    });
    expect(recovered).toBe(0);
    await expect(queue.listClaims()).resolves.toMatchObject([{ claim: { ownerId: "successor" } }]);
  });

  it("asks separately about claimed rows that do not open, and puts them aside", async () => {
    await add("m1", "lane");
    const claim = await claimed("m1");
    damage("m1", "payload");
    await expect(queue.recoverStaleClaims({ shouldRecover: () => true })).resolves.toBe(0);
    await expect(queue.recoverStaleClaims({ shouldRecoverCorrupt: () => false })).resolves.toBe(0);
    const asked: unknown[] = [];
    const recovered = await queue.recoverStaleClaims({
      shouldRecoverCorrupt: (corrupt) => asked.push(corrupt) > 0,
    });
    expect(recovered).toBe(1);
    expect(asked).toEqual([
      {
        id: "m1",
        channelId: "test",
        accountId: "main",
        queueName: '["test","main"]',
        laneKey: "lane",
        reason: "corrupt_payload",
        claim: claim.claim,
      },
    ]);
    await expect(queue.listFailed()).resolves.toMatchObject([{ reason: "corrupt_payload" }]);
  });

  it("puts a row aside whose claim is incomplete, and keeps its payload", async () => {
    await add("m1");
    await claimed("m1");
    temporary.store.write(() => temporary.store.run("UPDATE ingress SET claim_owner = NULL"));
    await expect(queue.recoverStaleClaims({ shouldRecover: () => false })).resolves.toBe(1);
    await expect(queue.listFailed()).resolves.toMatchObject([
      { reason: "corrupt_claim", payload: { text: "text of m1" } },
    ]);
  });
});

describe("prune", () => {
  it("does nothing without limits", async () => {
    await add("m1");
    await expect(queue.prune()).resolves.toBe(0);
    expect(await pendingIds()).toEqual(["m1"]);
  });

  it("deletes rows of each state that are older than its limit, except protected ones", async () => {
    at(1000);
    for (const id of ["pending", "kept", "done", "failed"]) {
      await add(id);
    }
    await queue.complete("done");
    await queue.fail("failed", { reason: "r" });
    const ttl = { pendingTtlMs: 500, completedTtlMs: 500, failedTtlMs: 500 };
    await expect(queue.prune({ ...ttl, now: 1500 })).resolves.toBe(0);
    await expect(queue.prune({ ...ttl, now: 1501, protectIds: ["kept"] })).resolves.toBe(3);
    expect(await pendingIds()).toEqual(["kept"]);
  });

  it("keeps the newest rows up to the cap of their state", async () => {
    for (let index = 0; index < 5; index += 1) {
      at(1000 + index);
      await add(`m${index}`);
    }
    await expect(queue.prune({ pendingMaxEntries: 2, protectIds: ["m0"] })).resolves.toBe(2);
    expect(await pendingIds()).toEqual(["m0", "m3", "m4"]);
  });

  it("never deletes a claimed row", async () => {
    at(1000);
    await add("m1");
    await claimed("m1");
    await expect(queue.prune({ pendingTtlMs: 0, pendingMaxEntries: 0, now: 9999 })).resolves.toBe(
      0,
    );
    await expect(queue.listClaims()).resolves.toHaveLength(1);
  });
});

describe("after a restart", () => {
  it("has every row in the state it was left in", async () => {
    await add("pending", "a");
    await add("claimed", "b");
    await add("done", "c");
    await add("failed", "d");
    const claim = await claimed("claimed");
    await queue.complete("done");
    await queue.fail("failed", { reason: "r" });
    temporary.reopen();
    queue = open();
    expect(await pendingIds()).toEqual(["pending"]);
    await expect(queue.listClaims()).resolves.toEqual([claim]);
    await expect(queue.listFailed()).resolves.toMatchObject([{ id: "failed" }]);
    await expect(queue.enqueue("done", { text: "again" })).resolves.toMatchObject({
      kind: "completed",
    });
  });

  it("refuses every call once the store is closed", async () => {
    temporary.store.close();
    await expect(queue.enqueue("m1", { text: "hi" })).rejects.toMatchObject({ code: "closed" });
    await expect(queue.claimNext()).rejects.toMatchObject({ code: "closed" });
  });
});

describe("a backlog", () => {
  it("lets timers and sockets in between, while it is taken in and while it is claimed", async () => {
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns += 1;
      if (isCounting) {
        setImmediate(count);
      }
    };
    setImmediate(count);
    for (let index = 0; index < 20; index += 1) {
      await add(`m${index}`, `lane ${index}`);
    }
    expect(turns).toBeGreaterThanOrEqual(20);
    turns = 0;
    for (let index = 0; index < 20; index += 1) {
      await queue.claimNext();
    }
    isCounting = false;
    expect(turns).toBeGreaterThanOrEqual(20);
  });
});
