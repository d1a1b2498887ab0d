// Bursts under the host's real monitor, drain and debounce, over a real file.

import type { ChannelIngressMonitorLifecycle } from "openclaw/plugin-sdk/channel-outbound";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { tryParseStoredIngressEvent, type StoredIngressEvent } from "./ingress-monitor.ts";
import { openIngressQueue, type IngressQueue } from "./ingress-queue.ts";
import {
  createMergingMonitor,
  type MergingMonitor,
  type MergingMonitorOptions,
} from "./merging-monitor.ts";

interface Line {
  readonly id: string;
  readonly from: string;
}

/** Longer than a busy machine takes between two claims. */
const QUIET_MS = 400;

const WAIT = { timeout: 10_000 };

let temporary: TemporaryStore;
let queue: IngressQueue<StoredIngressEvent>;
/** The ids of each turn that was run, in order. */
let turns: string[][];
let errors: unknown[];
const running: MergingMonitor<Line>[] = [];

beforeEach(() => {
  temporary = new TemporaryStore();
  queue = openQueue();
  turns = [];
  errors = [];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((monitor) => monitor.stop()));
  temporary[Symbol.dispose]();
});

function openQueue(): IngressQueue<StoredIngressEvent> {
  return openIngressQueue({
    store: temporary.store,
    channelId: "test",
    accountId: "main",
    tryParsePayload: tryParseStoredIngressEvent,
  });
}

function parseLine(text: string): Line {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && "id" in value && "from" in value) {
    return { id: String(value.id), from: String(value.from) };
  }
  throw new TypeError("not a line");
}

type Turn = (ids: string[], lifecycle: ChannelIngressMonitorLifecycle) => Promise<void>;

function monitorWith(
  options: Partial<MergingMonitorOptions<Line>> = {},
  run: Turn = async () => {},
): MergingMonitor<Line> {
  const monitor = createMergingMonitor<Line>({
    queue,
    inspect: ({ from, id }) => ({ eventId: id, laneKey: from }),
    codec: { serialize: (line) => JSON.stringify(line), parse: parseLine },
    judge: async () => "turn",
    quietMs: ({ id }) => (id.startsWith("/") ? 0 : QUIET_MS),
    runTurn: async (lines, lifecycle) => {
      const ids = lines.map(({ id }) => id);
      turns.push(ids);
      await run(ids, lifecycle);
    },
    pollIntervalMs: 10,
    onError: (error) => errors.push(error),
    ...options,
  });
  running.push(monitor);
  return monitor;
}

async function admit(monitor: MergingMonitor<Line>, ids: readonly string[], from = "alice") {
  for (const id of ids) await monitor.admit({ id, from });
}

function statuses(): unknown[] {
  return temporary.store.all("SELECT status FROM ingress ORDER BY seq").map(({ status }) => status);
}

/** A process that dies: its claims stay, and their owner is gone. */
function crash(): void {
  temporary.store.write(() =>
    temporary.store.run("UPDATE ingress SET claim_owner = '999999' WHERE status = 'claimed'"),
  );
  temporary.reopen();
  queue = openQueue();
}

describe("createMergingMonitor", () => {
  it("makes one turn of lines in quick succession, in order, for each person apart", async () => {
    const monitor = monitorWith();
    monitor.start();
    await admit(monitor, ["a1", "a2", "a3"]);
    await admit(monitor, ["b1", "b2"], "bob");
    await monitor.waitForIdle();
    expect(turns).toHaveLength(2);
    expect(turns).toContainEqual(["a1", "a2", "a3"]);
    expect(turns).toContainEqual(["b1", "b2"]);
    expect(new Set(statuses())).toEqual(new Set(["completed"]));
    await admit(monitor, ["a4"]);
    await monitor.waitForIdle();
    expect(turns.at(-1)).toEqual(["a4"]);
  });

  it("does not merge what is to be alone: it ends the burst before it and keeps its place", async () => {
    const monitor = monitorWith();
    await admit(monitor, ["a1", "a2", "/new", "a3"]);
    monitor.start();
    await monitor.waitForIdle();
    expect(turns).toEqual([["a1", "a2"], ["/new"], ["a3"]]);
  });

  it("gives events that need no turn no part in one", async () => {
    const monitor = monitorWith({ judge: async ({ id }) => (id === "a2" ? "done" : "turn") });
    await admit(monitor, ["a1", "a2", "a3"]);
    monitor.start();
    await monitor.waitForIdle();
    expect(turns).toEqual([["a1", "a3"]]);
  });

  it("begins another turn when an event may not join", async () => {
    const monitor = monitorWith({ mayJoin: (_line, waiting) => waiting.length < 2 });
    await admit(monitor, ["a1", "a2", "a3"]);
    monitor.start();
    await monitor.waitForIdle();
    expect(turns).toEqual([["a1", "a2"], ["a3"]]);
  });

  it("leaves the next events in the queue until the host has adopted the turn", async () => {
    const held = Promise.withResolvers<void>();
    const monitor = monitorWith({ quietMs: () => 0 }, async ([id], lifecycle) => {
      if (id !== "a1") return;
      lifecycle.onDeferred();
      await held.promise;
      await lifecycle.onAdopted();
    });
    await admit(monitor, ["a1", "a2", "a3"]);
    await admit(monitor, ["b1"], "bob");
    monitor.start();
    await expect.poll(() => turns, WAIT).toContainEqual(["b1"]);
    expect(turns.flat()).not.toContain("a2");
    expect(statuses().slice(1, 3)).toEqual(["pending", "pending"]);
    held.resolve();
    await monitor.waitForIdle();
    await expect
      .poll(() => turns.flat().filter((id) => id !== "b1"), WAIT)
      .toEqual(["a1", "a2", "a3"]);
  });

  it("tries a turn that failed again with the same events, not with newer ones", async () => {
    let failures = 1;
    const monitor = monitorWith({}, async () => {
      if (failures === 0) return;
      failures -= 1;
      await admit(monitor, ["a3"]);
      throw new Error("busy");
    });
    await admit(monitor, ["a1", "a2"]);
    monitor.start();
    await expect.poll(() => turns, WAIT).toHaveLength(1);
    // The host waits before a retry by the clock of the process.
    await expect.poll(() => turns.length, WAIT).toBe(3);
    expect(turns).toEqual([["a1", "a2"], ["a1", "a2"], ["a3"]]);
  });

  it("puts a burst that waits for company back into the queue at a stop", async () => {
    const monitor = monitorWith({ quietMs: () => 60_000 });
    monitor.start();
    await admit(monitor, ["a1", "a2"]);
    await expect.poll(() => statuses(), WAIT).toEqual(["claimed", "claimed"]);
    await monitor.stop();
    expect(statuses()).toEqual(["pending", "pending"]);
    expect(turns).toEqual([]);
    expect(temporary.store.all("SELECT attempts FROM ingress")).toEqual([
      { attempts: 0 },
      { attempts: 0 },
    ]);
  });

  it("asks once per turn whether it may begin, and holds the lane when it may not", async () => {
    const asked: string[] = [];
    let isHeld = false;
    const monitor = monitorWith({
      mayBegin: ({ id }) => {
        asked.push(id);
        isHeld = id === "/two" && asked.filter((one) => one === id).length === 1;
        return !isHeld;
      },
      holdsLane: () => isHeld,
    });
    await admit(monitor, ["a1", "a2", "/two"]);
    monitor.start();
    await expect.poll(() => isHeld, WAIT).toBe(true);
    await monitor.waitForIdle();
    expect(turns).toEqual([["a1", "a2"]]);
    expect(statuses().at(-1)).toBe("pending");
    isHeld = false;
    await expect.poll(() => turns, WAIT).toEqual([["a1", "a2"], ["/two"]]);
    expect(asked).toEqual(["a1", "/two", "/two"]);
  });
});

it("forgets an event whose turn could not be asked for: it is taken back in the queue", async () => {
  let failures = 1;
  const monitor = monitorWith({
    mayBegin: () => {
      failures -= 1;
      if (failures >= 0) throw new Error("disk full");
      return true;
    },
  });
  await admit(monitor, ["a1"]);
  monitor.start();
  await expect.poll(statuses, WAIT).toEqual(["pending"]);
  await expect.poll(() => failures, WAIT).toBe(0);
  await expect.poll(statuses, WAIT).toEqual(["pending"]);
  expect(await monitor.withdraw("a1")).toBe(true);
  expect([statuses(), turns]).toEqual([[], []]);
});

describe("a held lane", () => {
  it("lets an event go ahead that may, and keeps the others in their order", async () => {
    let isHeld = true;
    const monitor = monitorWith({
      holdsLane: () => isHeld,
      passesHold: ({ id }) => id === "/stop",
    });
    await admit(monitor, ["/one", "/two", "/stop", "/three"]);
    monitor.start();
    await expect.poll(() => turns, WAIT).toEqual([["/stop"]]);
    expect(statuses()).toEqual(["pending", "pending", "completed", "pending"]);
    isHeld = false;
    await expect.poll(() => turns.slice(1), WAIT).toEqual([["/one"], ["/two"], ["/three"]]);
  });

  it("lets nothing go ahead of a turn that the host has not adopted", async () => {
    const adoption = Promise.withResolvers<void>();
    const monitor = monitorWith({ holdsLane: () => false, passesHold: () => true }, async () => {
      if (turns.length === 1) await adoption.promise;
    });
    await admit(monitor, ["/one", "/stop"]);
    monitor.start();
    await expect.poll(() => turns, WAIT).toEqual([["/one"]]);
    // Somebody else's comes later, and its turn begins: the queue was looked through meanwhile.
    await admit(monitor, ["/other"], "bob");
    await expect.poll(() => turns, WAIT).toEqual([["/one"], ["/other"]]);
    expect(statuses().slice(0, 2)).toEqual(["claimed", "pending"]);
    adoption.resolve();
    await expect.poll(() => turns.at(-1), WAIT).toEqual(["/stop"]);
  });
});

describe("taking an event back", () => {
  it("works while it waits in the queue or for company, durably", async () => {
    const monitor = monitorWith({ quietMs: () => 1500 });
    await admit(monitor, ["a1", "a2", "a3"]);
    await expect(monitor.withdraw("a1")).resolves.toBe(true);
    monitor.start();
    await expect.poll(() => statuses(), WAIT).toEqual(["claimed", "claimed"]);
    await expect(monitor.withdraw("a2")).resolves.toBe(true);
    await monitor.waitForIdle();
    expect(turns).toEqual([["a3"]]);
    await expect(monitor.withdraw("a3")).resolves.toBe(false);
    await expect(monitor.withdraw("unknown")).resolves.toBe(false);
  });

  it("does not work once its turn may have begun, also after a crash", async () => {
    const never = new Promise<void>(() => {});
    const dying = monitorWith({ quietMs: () => 0 }, () => never);
    running.pop();
    await admit(dying, ["a1"]);
    dying.start();
    await expect.poll(() => turns, WAIT).toHaveLength(1);
    await expect(dying.withdraw("a1")).resolves.toBe(false);
    crash();
    await queue.recoverStaleClaims({ staleMs: 0 });
    expect(statuses()).toEqual(["pending"]);
    expect(queue.withdraw("a1")).toBe(false);
  });
});

describe("a crash", () => {
  it("after a turn began leads to the same turn again, whatever has arrived since", async () => {
    const never = new Promise<void>(() => {});
    const dying = monitorWith({}, () => never);
    running.pop();
    await admit(dying, ["a1", "a2"]);
    dying.start();
    await expect.poll(() => turns, WAIT).toEqual([["a1", "a2"]]);
    await admit(dying, ["a3"]);
    crash();
    let begun = 0;
    const monitor = monitorWith({ mayBegin: () => (begun += 1) > 0 });
    monitor.start();
    await expect.poll(() => turns.length, WAIT).toBe(3);
    expect(turns.slice(1)).toEqual([["a1", "a2"], ["a3"]]);
    expect(begun).toBe(1);
    await monitor.waitForIdle();
    expect(new Set(statuses())).toEqual(new Set(["completed"]));
  });

  it("while a burst is collected loses nothing of it", async () => {
    const dying = monitorWith({ quietMs: () => 60_000 });
    running.pop();
    await admit(dying, ["a1", "a2"]);
    dying.start();
    await expect.poll(() => statuses(), WAIT).toEqual(["claimed", "claimed"]);
    crash();
    const monitor = monitorWith();
    monitor.start();
    await expect.poll(() => turns, WAIT).toEqual([["a1", "a2"]]);
  });

  it("cannot come between the ends of events of one turn: they end in one transaction", async () => {
    const monitor = monitorWith();
    await admit(monitor, ["a1", "a2", "a3"]);
    const [first, second] = await Promise.all(["a1", "a2"].map((id) => queue.claim(id)));
    if (first === null || second === null || first === undefined || second === undefined) {
      throw new Error("not claimed");
    }
    queue.bind([first, second]);
    await expect(queue.complete(first)).resolves.toBe(true);
    expect(statuses()).toEqual(["completed", "completed", "pending"]);
    await expect(queue.complete(second)).resolves.toBe(true);
    await expect(queue.complete(second)).resolves.toBe(false);
  });

  it("of the lease of one event leaves the whole turn undone", async () => {
    const monitor = monitorWith();
    await admit(monitor, ["a1", "a2"]);
    const [first, second] = await Promise.all(["a1", "a2"].map((id) => queue.claim(id)));
    if (first === null || second === null || first === undefined || second === undefined) {
      throw new Error("not claimed");
    }
    queue.bind([first, second]);
    temporary.store.write(() =>
      temporary.store.run("UPDATE ingress SET claim_token = 'other' WHERE seq = 2"),
    );
    await expect(queue.complete(first)).resolves.toBe(false);
    expect(statuses()).toEqual(["claimed", "claimed"]);
    expect(() => queue.bind([first, second])).toThrow("taken over");
  });
});
