import { userIdFromBytes, type GossipEvent } from "gossip-sdk";
import { describe, expect, it } from "vitest";
import { messageKey, type InboundFacts } from "./inbound.ts";
import { receiveEvents } from "./receive.ts";

const PEER = userIdFromBytes(new Uint8Array(32));
const CITED = Uint8Array.from({ length: 12 }, () => 1);

function message(id: number): GossipEvent {
  return {
    id,
    peer: PEER,
    sentAtMs: id,
    receivedAtMs: id,
    type: "message",
    messageId: Uint8Array.from({ length: 12 }, () => id),
    text: "x",
  };
}

/** A queue that notes what it is asked, and what the protocol client is told. */
function createScene(events: readonly GossipEvent[]) {
  const steps: string[] = [];
  const waiting = new Set<unknown>();
  const troubles: unknown[] = [];
  let failures = 0;
  let handlingFailures = 0;
  let room = [0];
  return {
    steps,
    /** The steps without the questions. */
    told: () => steps.filter((step) => !step.startsWith("asked")),
    waiting,
    troubles,
    failNext: (count: number) => {
      failures = count;
    },
    failHandling: (count: number) => {
      handlingFailures = count;
    },
    /** What the queue answers when asked how much waits in it; the last answer stays. */
    answerWaiting: (counts: number[]) => {
      room = counts;
    },
    run: () =>
      receiveEvents({
        connection: {
          events: async function* () {
            yield* events;
          },
          markHandled: (id) => {
            if (handlingFailures > 0) {
              handlingFailures -= 1;
              throw new Error("disk full");
            }
            steps.push(`handled ${id}`);
          },
        },
        monitor: {
          admit: async (facts: InboundFacts) => {
            if (failures > 0) {
              failures -= 1;
              throw new Error("disk full");
            }
            steps.push(`stored ${facts.kind}`);
            return "accepted";
          },
          requestDrain: () => steps.push("drain"),
          withdraw: async (key) => waiting.delete(key),
        },
        erasure: { eraseEvent: (key) => Number(waiting.delete(key)) },
        countWaiting: () => {
          steps.push(`asked ${room[0]}`);
          return (room.length > 1 ? room.shift() : room[0]) ?? 0;
        },
        maxWaiting: 5,
        onReceived: () => steps.push("received"),
        onNotStored: (error) => troubles.push(error),
        signal: new AbortController().signal,
        retryMs: 1,
      }),
  };
}

describe("receiving", () => {
  it("marks an event handled only after it is stored", async () => {
    const scene = createScene([message(1), message(2)]);
    await scene.run();
    const one = ["stored message", "received"];
    expect(scene.told()).toEqual([...one, "handled 1", "drain", ...one, "handled 2", "drain"]);
  });

  it("tries again when the disk is full, and marks nothing handled meanwhile", async () => {
    const scene = createScene([message(1)]);
    scene.failNext(3);
    await scene.run();
    expect(scene.troubles).toHaveLength(3);
    expect(scene.told()).toEqual(["stored message", "received", "handled 1", "drain"]);
  });

  it("tries to mark an event handled again when the disk is full, without storing it twice", async () => {
    const scene = createScene([message(1)]);
    scene.failHandling(2);
    await scene.run();
    expect(scene.troubles).toHaveLength(2);
    expect(scene.told()).toEqual(["stored message", "received", "handled 1", "drain"]);
  });

  it("takes nothing more while the queue is full, and leaves it to the protocol client", async () => {
    const scene = createScene([message(1)]);
    scene.answerWaiting([6, 5, 4]);
    await scene.run();
    expect(scene.steps.slice(0, 4)).toEqual(["asked 6", "asked 5", "asked 4", "stored message"]);
  });

  it("marks an event handled that means nothing to the channel", async () => {
    const retention = { id: 3, peer: PEER, sentAtMs: 0, receivedAtMs: 0 };
    const scene = createScene([{ ...retention, type: "retention", seconds: 5 }]);
    await scene.run();
    expect(scene.told()).toEqual(["handled 3", "drain"]);
  });

  it("takes a message that waits out of the queue when its sender deletes it", async () => {
    const deletion = { id: 4, peer: PEER, sentAtMs: 0, receivedAtMs: 0, citedId: CITED };
    const scene = createScene([{ ...deletion, type: "delete" }]);
    scene.waiting.add(messageKey(PEER, Buffer.from(CITED).toString("hex")));
    await scene.run();
    expect(scene.waiting.size).toBe(0);
    expect(scene.told()).toEqual(["received", "handled 4", "drain"]);
  });

  it("passes on the deletion of a message that the agent may have seen", async () => {
    const deletion = { id: 5, peer: PEER, sentAtMs: 0, receivedAtMs: 0, citedId: CITED };
    const scene = createScene([{ ...deletion, type: "delete" }]);
    await scene.run();
    expect(scene.steps).toContain("stored delete");
  });
});
