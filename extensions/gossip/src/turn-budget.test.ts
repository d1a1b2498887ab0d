import { expect, it } from "vitest";
import type { InboundFacts } from "./inbound.ts";
import { inspectInbound } from "./inbound.ts";
import { createBudgetDesk, isOwnersLane } from "./turn-budget.ts";

const PAT = "gossip1wjkt2awm9gluat74xxk8av2uanzeg2ywtd5fclad5p4n5yy6t3es0ejzuh";
const EVE = "gossip1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";

function message(text: string, more: object = {}): InboundFacts {
  const ids = { key: "message:1", peer: PAT, messageId: "1" };
  return { kind: "message", ...ids, sentAtMs: 0, arrivedAtMs: 0, text, ...more };
}

/** A desk whose budget is used up. */
function openDesk(isAnswering: boolean) {
  const told: string[] = [];
  const desk = createBudgetDesk({
    budget: {
      take: () => false,
      isHeld: () => true,
      countHeld: () => 1,
      claimNotice: () => told.length === 0,
    },
    isAnswering: () => isAnswering,
    outbox: {
      sendBestEffort: async ({ to }) => {
        told.push(to);
        return { nativeId: "1" };
      },
    },
    notice: () => "wait",
    onError: () => undefined,
  });
  return { desk, told };
}

it("lets a person stop the turn that runs, whatever the budget says", () => {
  const { desk, told } = openDesk(true);
  expect(["/stop", " STOP ", "abort"].map((text) => desk.mayBegin(message(text)))).toEqual([
    true,
    true,
    true,
  ]);
  expect(told).toEqual([]);
});

it("holds everything else, a stop with nothing to stop too, and says so once", () => {
  const { desk, told } = openDesk(true);
  const forwarded = { author: EVE, text: "/stop" };
  const others = [message("hi"), message("/new"), message("", { forwarded })];
  expect(others.map((facts) => desk.mayBegin(facts))).toEqual([false, false, false]);
  expect(told).toEqual([PAT]);
  const idle = openDesk(false).desk;
  expect([idle.isStop(message("/stop")), idle.mayBegin(message("/stop"))]).toEqual([false, false]);
});

it("knows the lane of an owner by the configuration of the moment", () => {
  const { laneKey } = inspectInbound(message("hi"));
  expect(isOwnersLane({ commands: { ownerAllowFrom: [`gossip:${PAT}`] } }, laneKey)).toBe(true);
  expect(isOwnersLane({ commands: { ownerAllowFrom: [`gossip:${EVE}`, "*"] } }, laneKey)).toBe(
    false,
  );
});
