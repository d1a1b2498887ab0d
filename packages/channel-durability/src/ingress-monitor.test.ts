// Our queue under the host's real monitor and drain.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import {
  createIngressMonitor,
  tryParseStoredIngressEvent,
  type IngressMonitor,
  type IngressMonitorOptions,
} from "./ingress-monitor.ts";
import { openIngressQueue, type IngressQueue } from "./ingress-queue.ts";
import type { StoredIngressEvent } from "./ingress-monitor.ts";

interface Message {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

let temporary: TemporaryStore;
let queue: IngressQueue<StoredIngressEvent>;
/** How often a payload was opened. */
let opened = 0;
const running: IngressMonitor<Message>[] = [];

beforeEach(() => {
  temporary = new TemporaryStore();
  opened = 0;
  queue = openQueue();
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
    tryParsePayload: (value) => {
      opened += 1;
      return tryParseStoredIngressEvent(value);
    },
  });
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "id" in value && "from" in value;
}

function monitorWith(
  deliver: IngressMonitorOptions<Message>["deliver"],
  options: Partial<IngressMonitorOptions<Message>> = {},
): IngressMonitor<Message> {
  const monitor = createIngressMonitor<Message>({
    queue,
    inspect: ({ id, from }) => (id === "" ? null : { eventId: id, laneKey: `d:${from}` }),
    codec: {
      serialize: (event) => JSON.stringify(event),
      parse: (text) => {
        const value: unknown = JSON.parse(text);
        if (!isMessage(value)) {
          throw new Error("not a message");
        }
        return value;
      },
    },
    deliver,
    pollIntervalMs: 20,
    ...options,
  });
  running.push(monitor);
  return monitor;
}

function message(id: string, from = "alice", text = "hi"): Message {
  return { id, from, text };
}

/** A promise and its ends, to hold a delivery at a point. */
function gate(): PromiseWithResolvers<void> {
  return Promise.withResolvers<void>();
}

describe("createIngressMonitor", () => {
  it("delivers an admitted event once, whole, and answers its repetition", async () => {
    const delivered: Message[] = [];
    const monitor = monitorWith(async (event) => {
      delivered.push(event);
    });
    monitor.start();
    await expect(monitor.admit(message("m1"))).resolves.toBe("accepted");
    await monitor.waitForIdle();
    await expect(monitor.admit(message("m1"))).resolves.toBe("completed");
    await monitor.waitForIdle();
    expect(delivered).toEqual([message("m1")]);
  });

  it("has the event on disk before admit resolves, also while it is not started", async () => {
    const monitor = monitorWith(async () => {});
    await monitor.admit(message("m1"));
    const other = temporary.open();
    expect(other.get("SELECT status FROM ingress")).toEqual({ status: "pending" });
    other.close();
  });

  it("ignores what inspect does not want", async () => {
    const monitor = monitorWith(async () => {});
    await expect(monitor.admit(message(""))).resolves.toBe("ignored");
    await expect(queue.listPending()).resolves.toEqual([]);
  });

  it("delivers after a restart what was admitted before it", async () => {
    const before = monitorWith(async () => {});
    await before.admit(message("m1"));
    await before.stop();
    temporary.reopen();
    queue = openQueue();
    const delivered: string[] = [];
    const after = monitorWith(async ({ id }) => {
      delivered.push(id);
    });
    after.start();
    await after.waitForIdle();
    expect(delivered).toEqual(["m1"]);
  });

  it("takes over at once what a killed process had claimed", async () => {
    const before = monitorWith(async () => {});
    await before.admit(message("m1"));
    // No process has this id and start time; the host wrote such an owner before it was killed.
    await queue.claim("m1", { ownerId: "4194303:1:00000000-0000-4000-8000-000000000000" });
    const delivered = gate();
    const after = monitorWith(async () => {
      delivered.resolve();
    });
    after.start();
    await delivered.promise;
    await after.waitForIdle();
    await expect(queue.listClaims()).resolves.toEqual([]);
  });

  it("writes the tombstone when the host adopts the turn, while the delivery still runs", async () => {
    const adopted = gate();
    const answered = gate();
    const monitor = monitorWith(async (_event, lifecycle) => {
      await lifecycle.onAdopted();
      adopted.resolve();
      await answered.promise;
    });
    monitor.start();
    await monitor.admit(message("m1"));
    await adopted.promise;
    await expect(monitor.admit(message("m1"))).resolves.toBe("completed");
    answered.resolve();
  });

  it("runs one lane in order while another lane goes on", async () => {
    const order: string[] = [];
    const first = gate();
    const other = gate();
    const monitor = monitorWith(async ({ id }) => {
      order.push(`start ${id}`);
      if (id === "a1") {
        await first.promise;
      }
      if (id === "b1") {
        other.resolve();
      }
      order.push(`end ${id}`);
    });
    await monitor.admit(message("a1", "alice"));
    await monitor.admit(message("a2", "alice"));
    await monitor.admit(message("b1", "bob"));
    monitor.start();
    await other.promise;
    expect(order).toContain("start a1");
    expect(order).not.toContain("start a2");
    first.resolve();
    await monitor.waitForIdle();
    expect(order.filter((step) => step.endsWith("a1") || step.endsWith("a2"))).toEqual([
      "start a1",
      "end a1",
      "start a2",
      "end a2",
    ]);
  });

  it("lets a burst of one lane join a deferred turn that gave its lane back", async () => {
    const joined: string[] = [];
    const both = gate();
    const monitor = monitorWith(
      async ({ id }, lifecycle) => {
        joined.push(id);
        lifecycle.onDeferred();
        if (joined.length === 2) {
          both.resolve();
        }
        return { kind: "deferred" };
      },
      { releasesDeferredLanes: true },
    );
    await monitor.admit(message("a1"));
    await monitor.admit(message("a2"));
    monitor.start();
    await both.promise;
    expect(joined).toEqual(["a1", "a2"]);
  });

  /** Lets the drain look at the queue: it delivers what somebody writes meanwhile. */
  async function look(monitor: IngressMonitor<Message>, id: string): Promise<void> {
    await monitor.admit(message(id, "passer-by"));
    monitor.requestDrain();
    await monitor.waitForIdle();
  }

  it("opens nothing of a held lane but its short events, and these once", async () => {
    const delivered: string[] = [];
    let isAnswering = false;
    const monitor = monitorWith(
      async ({ id }) => {
        delivered.push(id);
      },
      {
        holdsLane: (laneKey) => laneKey === "d:alice",
        passesHold: ({ text }) => isAnswering && text === "/stop",
      },
    );
    for (let index = 0; index < 20; index += 1) {
      await monitor.admit(message(`long ${index}`, "alice", "x".repeat(5000)));
    }
    await monitor.admit(message("short", "alice"));
    await monitor.admit(message("stop", "alice", "/stop"));
    monitor.start();
    await look(monitor, "b1");
    const openedAtFirst = opened;
    opened = 0;
    await look(monitor, "b2");
    await look(monitor, "b3");
    const openedByTwoLooks = opened;
    isAnswering = true;
    await look(monitor, "b4");
    expect(delivered.toSorted()).toEqual(["b1", "b2", "b3", "b4", "stop"]);
    // What it takes to admit and claim those who pass by, and the two short events once.
    expect(openedByTwoLooks).toBeLessThanOrEqual(8);
    expect(openedAtFirst).toBeLessThanOrEqual(4 + 2 + 22);
  });

  it("opens nothing of a free lane before its turn comes", async () => {
    const first = gate();
    const started = gate();
    const passed = gate();
    const monitor = monitorWith(async ({ id }) => {
      if (id === "b2") passed.resolve();
      if (id !== "a0") return;
      started.resolve();
      await first.promise;
    });
    for (let index = 0; index < 20; index += 1) await monitor.admit(message(`a${index}`));
    monitor.start();
    await started.promise;
    opened = 0;
    await monitor.admit(message("b1", "bob"));
    await monitor.admit(message("b2", "bob"));
    await passed.promise;
    // Admission and claim of the two, none of the nineteen.
    expect(opened).toBeLessThanOrEqual(8);
    first.resolve();
    await monitor.waitForIdle();
    await expect(queue.listPending()).resolves.toEqual([]);
  });

  it("puts an event aside that does not open, and delivers the next one of its lane", async () => {
    const delivered = gate();
    const monitor = monitorWith(async () => delivered.resolve());
    await monitor.admit(message("m1"));
    await monitor.admit(message("m2"));
    temporary.store.run("UPDATE ingress SET payload = zeroblob(length(payload)) WHERE seq = 1");
    monitor.start();
    await delivered.promise;
    await monitor.waitForIdle();
    await expect(queue.listFailed()).resolves.toMatchObject([
      { id: "m1", reason: "corrupt_payload" },
    ]);
  });

  it("tries a failed delivery again and keeps of the error only its kind", async () => {
    const lines: string[] = [];
    const failed = gate();
    const monitor = monitorWith(
      async () => {
        failed.resolve();
        throw new TypeError("canary: what Alice wrote");
      },
      { log: (line) => lines.push(line) },
    );
    monitor.start();
    await monitor.admit(message("m1"));
    await failed.promise;
    await monitor.waitForIdle();
    await expect(queue.listPending()).resolves.toMatchObject([
      { id: "m1", attempts: 1, lastError: "TypeError" },
    ]);
    expect(lines.join("\n")).toContain("TypeError");
    expect(lines.join("\n")).not.toContain("canary");
  });

  it("makes a dead letter at once of what no retry can mend", async () => {
    const monitor = monitorWith(
      async () => {
        throw new RangeError("too big");
      },
      {
        nonRetryable: (error) =>
          error instanceof RangeError
            ? { reason: "too_large", message: "larger than the limit" }
            : undefined,
      },
    );
    monitor.start();
    await monitor.admit(message("m1"));
    await monitor.waitForIdle();
    await expect(queue.listFailed()).resolves.toMatchObject([
      { id: "m1", reason: "too_large", message: "larger than the limit" },
    ]);
  });

  it.each([
    ["does not parse", { version: 1, rawEvent: "{" } as const],
    ["parses into another event", { version: 1, rawEvent: JSON.stringify(message("m2")) } as const],
  ])("makes a dead letter at once of a stored event that %s", async (_name, payload) => {
    await queue.enqueue("m1", payload, { laneKey: "d:alice" });
    const delivered: string[] = [];
    const monitor = monitorWith(async ({ id }) => {
      delivered.push(id);
    });
    monitor.start();
    await monitor.waitForIdle();
    await expect(queue.listFailed()).resolves.toMatchObject([
      { id: "m1", reason: "malformed_event" },
    ]);
    expect(delivered).toEqual([]);
  });

  it("waits for a disk to be mended, longer than the host tries, and goes on with the lane", async () => {
    const full = Object.assign(new Error("database or disk is full"), { errcode: 13 });
    const delivered: string[] = [];
    const errors: unknown[] = [];
    let failures = 20;
    const monitor = monitorWith(async ({ id }) => void delivered.push(id), {
      queue: {
        ...queue,
        complete: async (...ending) => {
          if (failures > 0) {
            failures -= 1;
            throw full;
          }
          return queue.complete(...ending);
        },
      },
      diskRetryMs: 1,
      onError: (error) => errors.push(error),
    });
    monitor.start();
    await monitor.admit(message("m1"));
    await monitor.admit(message("m2"));
    await monitor.waitForIdle();
    expect(delivered).toEqual(["m1", "m2"]);
    expect(errors).toEqual([full]);
  });

  it("waits for no disk once it is stopped: the event comes again", async () => {
    const full = Object.assign(new Error("database or disk is full"), { errcode: 13 });
    const failed = gate();
    const before = monitorWith(async () => {}, {
      queue: { ...queue, complete: () => Promise.reject(full) },
      onError: () => failed.resolve(),
    });
    before.start();
    await before.admit(message("m1"));
    await failed.promise;
    await before.stop();
    const delivered: string[] = [];
    const after = monitorWith(async ({ id }) => void delivered.push(id));
    after.start();
    await after.waitForIdle();
    expect(delivered).toEqual(["m1"]);
  });

  it("waits in stop for a running delivery, and gives an unadopted one back", async () => {
    const started = gate();
    const ended: string[] = [];
    const monitor = monitorWith(async ({ id }, lifecycle) => {
      started.resolve();
      await new Promise((resolve) => {
        lifecycle.abortSignal.addEventListener("abort", resolve, { once: true });
      });
      ended.push(id);
      throw new Error("stopped");
    });
    monitor.start();
    await monitor.admit(message("m1"));
    await started.promise;
    await monitor.stop();
    expect(ended).toEqual(["m1"]);
    await expect(queue.listPending()).resolves.toMatchObject([{ id: "m1" }]);
  });

  it("takes nothing more after stop", async () => {
    const monitor = monitorWith(async () => {});
    monitor.start();
    await monitor.stop();
    await expect(monitor.admit(message("m1"))).rejects.toThrow("stopped");
  });

  it("tells the caller when an event could not be stored", async () => {
    const monitor = monitorWith(async () => {});
    temporary.store.close();
    await expect(monitor.admit(message("m1"))).rejects.toMatchObject({ code: "closed" });
  });
});

describe("tryParseStoredIngressEvent", () => {
  it.each([[null], [1], [{}], [{ version: 2, rawEvent: "" }], [{ version: 1, rawEvent: 1 }]])(
    "gives nothing for %j",
    (value) => {
      expect(tryParseStoredIngressEvent(value)).toBeUndefined();
    },
  );
});
