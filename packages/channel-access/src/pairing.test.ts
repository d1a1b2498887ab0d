import { beforeEach, describe, expect, it } from "vitest";
import { createApprovalWatcher, type ApprovalWatcher } from "./approval-watcher.ts";
import { createPairingAdapter, createPairingDesk, type PairingDesk } from "./pairing.ts";
import type { WaitingSender, WaitingSenders } from "./waiting-senders.ts";

/** The waiting list of channel-durability, without its disk. */
class MemoryWaitingSenders implements WaitingSenders {
  readonly #entries = new Map<string, WaitingSender>();
  readonly read: string[] = [];
  #count = 0;

  add(senderId: string): WaitingSender {
    this.#count += 1;
    const entry = { senderId, noticeId: `wait-${this.#count}` };
    this.#entries.set(senderId, entry);
    return entry;
  }

  list(): readonly WaitingSender[] {
    return [...this.#entries.values()];
  }

  markRead(senderId: string): void {
    this.read.push(senderId);
  }

  endWait(senderId: string): boolean {
    return this.#entries.delete(senderId);
  }

  wroteWhileWaiting(): boolean {
    throw new Error("test: not asked here");
  }
}

function normalize(text: string): string | undefined {
  return /^id1[a-z]+$/i.test(text) ? text.toLowerCase() : undefined;
}

let waiting: MemoryWaitingSenders;
/** Open requests, as the host keeps them. */
let requests: Map<string, string>;
let replies: { text: string; noticeId: string }[];

beforeEach(() => {
  waiting = new MemoryWaitingSenders();
  requests = new Map();
  replies = [];
});

function openDesk(onError?: (error: unknown) => void): PairingDesk {
  return createPairingDesk({
    channelId: "test",
    accountId: "main",
    runtime: {
      pairing: {
        upsertPairingRequest: async ({ channel, accountId, id }) => {
          const key = `${channel}/${accountId}/${id}`;
          const existing = requests.get(key);
          requests.set(key, existing ?? "ABCD2345");
          return { code: existing ?? "ABCD2345", created: existing === undefined };
        },
      },
    },
    waiting,
    ...(onError === undefined ? {} : { onError }),
  });
}

function challenge(desk: PairingDesk, senderId: string): Promise<{ isNew: boolean }> {
  return desk.challenge({
    senderId,
    senderIdLine: `Your test id: ${senderId}`,
    sendReply: async (text, noticeId) => {
      replies.push({ text, noticeId });
    },
  });
}

describe("createPairingDesk", () => {
  it("sends the host's text with id line, code and the command to approve it", async () => {
    await expect(challenge(openDesk(), "id1new")).resolves.toEqual({ isNew: true });
    expect([...requests.keys()]).toEqual(["test/main/id1new"]);
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toContain("Your test id: id1new");
    expect(replies[0]?.text).toContain("ABCD2345");
    expect(replies[0]?.text).toContain("openclaw pairing approve test");
  });

  it("stays silent while the request is open", async () => {
    const desk = openDesk();
    await challenge(desk, "id1new");
    await expect(challenge(desk, "id1new")).resolves.toEqual({ isNew: false });
    expect(replies).toHaveLength(1);
  });

  it("notes who waits only when the code is on its way", async () => {
    const desk = openDesk();
    const waitingMeanwhile: number[] = [];
    await desk.challenge({
      senderId: "id1new",
      senderIdLine: "Your test id: id1new",
      sendReply: async () => {
        waitingMeanwhile.push(waiting.list().length);
      },
    });
    expect(waitingMeanwhile).toEqual([0]);
    expect(waiting.list()).toEqual([{ senderId: "id1new", noticeId: "wait-1" }]);
  });

  it("sends the code that the host still holds when the process died before it was sent", async () => {
    requests.set("test/main/id1new", "ABCD2345");
    const desk = openDesk();
    await expect(challenge(desk, "id1new")).resolves.toEqual({ isNew: true });
    await expect(challenge(desk, "id1new")).resolves.toEqual({ isNew: false });
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toContain("ABCD2345");
  });

  it("repeats a code under the same id, which names neither sender nor code", async () => {
    await challenge(openDesk(), "id1new");
    waiting.endWait("id1new");
    await challenge(openDesk(), "id1new");
    await challenge(openDesk(), "id1other");
    const [first, second, other] = replies.map(({ noticeId }) => noticeId);
    expect(first).toMatch(/^pairing-code:[0-9a-f]{32}$/);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it("sends nothing when the host has no code to give", async () => {
    requests.set("test/main/id1new", "");
    await expect(challenge(openDesk(), "id1new")).resolves.toEqual({ isNew: false });
    expect(replies).toEqual([]);
    expect(waiting.list()).toEqual([]);
  });

  it("reports a code that could not be sent; the sender still waits for his approval", async () => {
    const errors: unknown[] = [];
    const desk = openDesk((error) => errors.push(error));
    await desk.challenge({
      senderId: "id1new",
      senderIdLine: "Your test id: id1new",
      sendReply: () => Promise.reject(new Error("offline")),
    });
    expect(errors).toEqual([expect.objectContaining({ message: "offline" })]);
    expect(waiting.list()).toHaveLength(1);
  });
});

describe("createApprovalWatcher", () => {
  let approved: string[];
  let told: { senderId: string; noticeId: string }[];
  let reads: number;
  let failing: boolean;
  let unreadable: boolean;
  let steps: string[];
  let nowMs: number;
  let errors: unknown[];

  beforeEach(() => {
    approved = [];
    told = [];
    reads = 0;
    failing = false;
    unreadable = false;
    steps = [];
    nowMs = 0;
    errors = [];
  });

  function openWatcher(): ApprovalWatcher {
    return createApprovalWatcher({
      waiting,
      isAdmitted: async (senderId) => {
        reads += 1;
        return approved.some((entry) => normalize(entry) === senderId);
      },
      readAll: async (senderId) => {
        if (unreadable) throw new Error("no relay");
        steps.push(`read ${senderId}`);
      },
      normalize,
      tell: async (senderId, noticeId) => {
        if (failing) {
          throw new Error("offline");
        }
        steps.push(`tell ${senderId}, read until then: ${waiting.read.join()}`);
        told.push({ senderId, noticeId });
      },
      pollIntervalMs: 5,
      now: () => nowMs,
      onError: (error) => errors.push(error),
    });
  }

  it("tells a waiting sender once when his approval appears, in any spelling", async () => {
    waiting.add("id1new");
    waiting.add("id1other");
    const watcher = openWatcher();
    await expect(watcher.checkNow()).resolves.toBe(0);
    approved = ["ID1NEW"];
    await expect(watcher.checkNow()).resolves.toBe(1);
    await expect(watcher.checkNow()).resolves.toBe(0);
    expect(told).toEqual([{ senderId: "id1new", noticeId: "pairing-approved:wait-1" }]);
  });

  it("tells a sender only when all that he wrote before is read and marked as such", async () => {
    waiting.add("id1new");
    approved = ["id1new"];
    unreadable = true;
    const watcher = openWatcher();
    await expect(watcher.checkNow()).resolves.toBe(0);
    expect([steps, waiting.read, told]).toEqual([[], [], []]);
    unreadable = false;
    await expect(watcher.tellOnce("id1new")).resolves.toBe(true);
    expect(steps).toEqual(["read id1new", "tell id1new, read until then: id1new"]);
  });

  it("tells after a restart who was approved meanwhile", async () => {
    waiting.add("id1new");
    approved = ["id1new"];
    await expect(openWatcher().checkNow()).resolves.toBe(1);
  });

  it("tells again after a later approval of a new request", async () => {
    const watcher = openWatcher();
    approved = ["id1new"];
    waiting.add("id1new");
    await watcher.checkNow();
    waiting.add("id1new");
    await watcher.checkNow();
    expect(told.map(({ noticeId }) => noticeId)).toEqual([
      "pairing-approved:wait-1",
      "pairing-approved:wait-2",
    ]);
  });

  it("repeats a notice that failed, under the same id", async () => {
    waiting.add("id1new");
    approved = ["id1new"];
    failing = true;
    const watcher = openWatcher();
    await expect(watcher.checkNow()).resolves.toBe(0);
    expect(errors).toHaveLength(1);
    failing = false;
    nowMs += 2000;
    await expect(watcher.checkNow()).resolves.toBe(1);
    expect(told).toEqual([{ senderId: "id1new", noticeId: "pairing-approved:wait-1" }]);
  });

  it("waits longer after each failure of a notice, at most five minutes", async () => {
    waiting.add("id1new");
    approved = ["id1new"];
    failing = true;
    const watcher = openWatcher();
    const pausesMs: number[] = [];
    for (let failedAtMs = 0; pausesMs.length < 10; nowMs += 1000) {
      const before = errors.length;
      await watcher.checkNow();
      if (errors.length === before) continue;
      pausesMs.push(nowMs - failedAtMs);
      failedAtMs = nowMs;
    }
    const second = 1000;
    expect(pausesMs.map((ms) => ms / second)).toEqual([0, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
  });

  it("lets the Control UI's report try at once after a failure", async () => {
    waiting.add("id1new");
    approved = ["id1new"];
    failing = true;
    const watcher = openWatcher();
    await watcher.checkNow();
    failing = false;
    await expect(watcher.tellOnce("id1new")).resolves.toBe(true);
  });

  it("does not look while nobody waits", async () => {
    await openWatcher().checkNow();
    expect(reads).toBe(0);
  });

  it("tells once when the Control UI reports what a look finds too", async () => {
    waiting.add("id1new");
    approved = ["id1new"];
    const watcher = openWatcher();
    await Promise.all([watcher.tellOnce("ID1NEW"), watcher.checkNow(), watcher.tellOnce("id1new")]);
    expect(told).toHaveLength(1);
    await expect(watcher.tellOnce("id1new")).resolves.toBe(false);
  });

  it("tells nobody who does not wait", async () => {
    await expect(openWatcher().tellOnce("id1stranger")).resolves.toBe(false);
    await expect(openWatcher().tellOnce("not an id")).resolves.toBe(false);
    expect(told).toEqual([]);
  });

  it("keeps looking until it is stopped, past a look that fails", async () => {
    waiting.add("id1new");
    const stop = new AbortController();
    let looks = 0;
    const watcher = createApprovalWatcher({
      waiting,
      isAdmitted: async () => {
        looks += 1;
        if (looks === 1) {
          throw new Error("database is locked");
        }
        return true;
      },
      readAll: async () => {},
      normalize,
      tell: async (senderId, noticeId) => {
        told.push({ senderId, noticeId });
        stop.abort();
      },
      pollIntervalMs: 1,
      onError: (error) => errors.push(error),
    });
    await watcher.run({ signal: stop.signal });
    expect(told).toHaveLength(1);
    expect(errors).toEqual([expect.objectContaining({ message: "database is locked" })]);
  });

  it("ends at once when it is stopped before it starts", async () => {
    await openWatcher().run({ signal: AbortSignal.abort() });
    expect(reads).toBe(0);
  });
});

describe("createPairingAdapter", () => {
  it("names the id, canonicalizes entries and passes approvals on", async () => {
    const notified: unknown[] = [];
    const adapter = createPairingAdapter({
      idLabel: "testId",
      normalize,
      notify: async (senderId, accountId) => {
        notified.push([senderId, accountId]);
      },
    });
    expect(adapter.idLabel).toBe("testId");
    expect(adapter.normalizeAllowEntry?.("ID1NEW")).toBe("id1new");
    expect(adapter.normalizeAllowEntry?.(" what is this ")).toBe("what is this");
    await adapter.notifyApproval?.({ cfg: {}, id: "id1new", accountId: "main" });
    expect(notified).toEqual([["id1new", "main"]]);
  });
});
