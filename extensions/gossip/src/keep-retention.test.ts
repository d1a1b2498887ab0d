import { expect, it } from "vitest";
import { inspectInbound, laneOf } from "./inbound.ts";
import { eraseExpired, keepRetention } from "./keep-retention.ts";

const ALICE = "gossip1alice";
const SPAN = { sinceMs: 1, beforeMs: 5 };

it("erases what is over the time of its conversation, in the lane that its facts have", () => {
  const asked: unknown[] = [];
  const erased = eraseExpired({
    connection: { retentions: () => [{ userId: ALICE, span: SPAN }] },
    erasure: {
      eraseConversation: (...args) => {
        asked.push(args);
        return 2;
      },
    },
  });
  expect(erased).toBe(2);
  expect(asked).toEqual([[{ laneKey: laneOf(ALICE), target: ALICE }, SPAN]]);
  const facts = { kind: "contact", key: "x", peer: ALICE, sentAtMs: 0, arrivedAtMs: 0 } as const;
  expect(inspectInbound(facts).laneKey).toBe(laneOf(ALICE));
});

it("goes on after a round that failed, until it is told to stop", async () => {
  const stop = new AbortController();
  const errors: unknown[] = [];
  let rounds = 0;
  await keepRetention({
    connection: {
      retentions: () => {
        rounds += 1;
        if (rounds === 1) throw new Error("disk full");
        stop.abort();
        return [];
      },
    },
    erasure: { eraseConversation: () => 0 },
    signal: stop.signal,
    onError: (error) => errors.push(error),
    roundMs: 1,
  });
  expect(rounds).toBe(2);
  expect(errors).toHaveLength(1);
});
