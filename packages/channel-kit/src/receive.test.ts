import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { receiveEvents } from "./receive.ts";

const PEER = "peer";
const FLOOD = "flood";
const CITED = "cited";
/** What each fact takes in the queue. */
const BYTES_OF_ONE = 1000;

interface Event {
  readonly id: number;
  readonly receivedAtMs: number;
  readonly peer: string;
  readonly kind: "message" | "delete" | "bookkeeping" | "stop";
}
type Facts = Pick<Event, "peer" | "kind">;

function event(id: number, peer = PEER, kind: Event["kind"] = "message"): Event {
  return { id, peer, receivedAtMs: id, kind };
}

const message = (id: number, peer?: string): Event => event(id, peer);

/** A queue that notes what it is told, and the protocol client's part beside it. */
function createScene(events: readonly Event[]) {
  const steps: string[] = [];
  const waiting = new Set<unknown>();
  const troubles: unknown[] = [];
  const handled = new Set<number>();
  /** What waits of each lane. */
  const lanes = new Map<string, number>();
  let failures = 0;
  let handlingFailures = 0;
  return {
    steps,
    waiting,
    troubles,
    failNext: (count: number) => {
      failures = count;
    },
    failHandling: (count: number) => {
      handlingFailures = count;
    },
    /** The agent has dealt with everything. */
    drain: () => lanes.clear(),
    run: (
      options: {
        readonly onStored?: () => void;
        readonly maxWaiting?: number;
        readonly maxWaitingOfOne?: number;
        readonly maxWaitingBytes?: number;
        readonly maxWaitingBytesOfOne?: number;
      } = {},
    ) =>
      receiveEvents<Event, Facts>({
        toFacts: ({ kind, peer }) => (kind === "bookkeeping" ? undefined : { kind, peer }),
        laneOf: ({ peer }) => peer,
        takesBack: ({ kind }) => (kind === "delete" ? CITED : undefined),
        isUrgent: ({ kind }) => kind === "stop",
        connection: {
          events: async function* (signal) {
            yield* events.filter(({ id }) => !handled.has(id));
            // As the protocol client does: it goes on until it is stopped, unless there is nothing left to wait for.
            if (handled.size === events.length || signal.aborted) return;
            await once(signal, "abort");
          },
          markHandled: (id) => {
            if (handlingFailures > 0) {
              handlingFailures -= 1;
              throw new Error("disk full");
            }
            handled.add(id);
            steps.push(`handled ${id}`);
          },
        },
        monitor: {
          admit: async (facts: Facts) => {
            if (failures > 0) {
              failures -= 1;
              throw new Error("disk full");
            }
            const laneKey = facts.peer;
            lanes.set(laneKey, (lanes.get(laneKey) ?? 0) + 1);
            steps.push(`stored ${facts.kind}`);
            options.onStored?.();
            return "accepted";
          },
          requestDrain: () => steps.push("drain"),
          withdraw: async (key) => waiting.delete(key),
        },
        erasure: { eraseEvent: (key) => Number(waiting.delete(key)) },
        countWaiting: (laneKey) => {
          const rows =
            laneKey === undefined
              ? [...lanes.values()].reduce((sum, count) => sum + count, 0)
              : (lanes.get(laneKey) ?? 0);
          return { rows, bytes: rows * BYTES_OF_ONE };
        },
        maxWaitingOfOne: 2,
        ...options,
        onReceived: () => steps.push("received"),
        onNotStored: (error) => troubles.push(error),
        signal: new AbortController().signal,
        retryMs: 1,
      }),
    /** Ids in the order in which they were taken over. */
    handled: () => [...handled],
  };
}

describe("receiving", () => {
  it("marks an event handled only after it is stored", async () => {
    const scene = createScene([message(1), message(2)]);
    await scene.run();
    const one = ["stored message", "received"];
    expect(scene.steps).toEqual([...one, "handled 1", "drain", ...one, "handled 2", "drain"]);
  });

  it("tries again when the disk is full, and marks nothing handled meanwhile", async () => {
    const scene = createScene([message(1)]);
    scene.failNext(3);
    await scene.run();
    expect(scene.troubles).toHaveLength(3);
    expect(scene.steps).toEqual(["stored message", "received", "handled 1", "drain"]);
  });

  it("tries to mark an event handled again when the disk is full, without storing it twice", async () => {
    const scene = createScene([message(1)]);
    scene.failHandling(2);
    await scene.run();
    expect(scene.troubles).toHaveLength(2);
    expect(scene.steps).toEqual(["stored message", "received", "handled 1", "drain"]);
  });

  it("passes over who has too much waiting, takes everybody else, and the rest in order once there is room", async () => {
    const flood = [1, 2, 3, 4, 5].map((id) => message(id, FLOOD));
    const scene = createScene([...flood, message(6)]);
    let stored = 0;
    await scene.run({
      onStored: () => {
        stored += 1;
        // Only what the flood left in the queue holds it back; the other person was taken meanwhile.
        if (stored === 3 || stored === 5) scene.drain();
      },
    });
    expect(scene.handled()).toEqual([1, 2, 6, 3, 4, 5]);
  });

  it("takes the first words of a person although the queue as a whole is full", async () => {
    const scene = createScene([message(1, FLOOD), message(2, FLOOD), message(3)]);
    await scene.run({
      maxWaiting: 1,
      onStored: () => scene.handled().length === 1 && scene.drain(),
    });
    expect(scene.handled()).toEqual([1, 3, 2]);
  });

  it("passes over who has too much waiting by size, and takes the rest in order once there is room", async () => {
    const flood = [1, 2, 3, 4].map((id) => message(id, FLOOD));
    const scene = createScene([...flood, message(5)]);
    await scene.run({
      maxWaitingOfOne: 100,
      maxWaitingBytesOfOne: 2 * BYTES_OF_ONE,
      onStored: () => scene.handled().length === 2 && scene.drain(),
    });
    expect(scene.handled()).toEqual([1, 2, 5, 3, 4]);
  });

  it("takes a message back that waits, although its sender has no room", async () => {
    const scene = createScene([
      message(1),
      message(2),
      message(3),
      event(4, PEER, "delete"),
      event(5, FLOOD),
    ]);
    scene.waiting.add(CITED);
    await scene.run({ onStored: () => scene.handled().length === 3 && scene.drain() });
    expect(scene.waiting.size).toBe(0);
    expect(scene.handled()).toEqual([1, 2, 4, 5, 3]);
  });

  it("keeps a deletion until the deleted message has come into the queue, and takes that back", async () => {
    const scene = createScene([
      message(1),
      message(2),
      message(3),
      message(4),
      event(5, PEER, "delete"),
      event(6, FLOOD),
    ]);
    await scene.run({
      onStored: () => {
        if (scene.handled().length === 2) scene.drain();
        // The third message is the deleted one.
        if (scene.handled().length === 3) scene.waiting.add(CITED);
      },
    });
    expect(scene.handled()).toEqual([1, 2, 6, 3, 4, 5]);
    expect(scene.waiting.size).toBe(0);
    expect(scene.steps).not.toContain("stored delete");
  });

  it("takes a few urgent words of a person who has no room, and no more", async () => {
    const stops = Array.from({ length: 12 }, (_, index) => event(index + 10, PEER, "stop"));
    const scene = createScene([message(1), message(2), message(3), ...stops, event(30, FLOOD)]);
    await scene.run({ onStored: () => scene.handled().length === 12 && scene.drain() });
    const [urgent, others] = [stops.slice(0, 10), stops.slice(10)].map((some) =>
      some.map(({ id }) => id),
    );
    expect(scene.handled()).toEqual([1, 2, ...(urgent ?? []), 30, 3, ...(others ?? [])]);
  });

  it("takes the first words of a person although the queue as a whole is too large", async () => {
    const scene = createScene([message(1, FLOOD), message(2, FLOOD), message(3)]);
    await scene.run({
      maxWaitingBytes: BYTES_OF_ONE,
      onStored: () => scene.handled().length === 1 && scene.drain(),
    });
    expect(scene.handled()).toEqual([1, 3, 2]);
  });

  it("marks an event handled that means nothing to the channel", async () => {
    const scene = createScene([event(3, PEER, "bookkeeping")]);
    await scene.run();
    expect(scene.steps).toEqual(["handled 3", "drain"]);
  });

  it("takes a message that waits out of the queue when its sender deletes it", async () => {
    const scene = createScene([event(4, PEER, "delete")]);
    scene.waiting.add(CITED);
    await scene.run();
    expect(scene.waiting.size).toBe(0);
    expect(scene.steps).toEqual(["received", "handled 4", "drain"]);
  });

  it("passes on the deletion of a message that the agent may have seen", async () => {
    const scene = createScene([event(5, PEER, "delete")]);
    await scene.run();
    expect(scene.steps).toContain("stored delete");
  });
});
