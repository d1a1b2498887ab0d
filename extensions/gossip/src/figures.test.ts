import { expect, it } from "vitest";
import { readFigures } from "./figures.ts";

const counts = {
  pending: 2,
  claimed: 1,
  failed: 3,
  oldestPendingAtMs: 9,
  unsent: 4,
  oldestUnsentAtMs: 10,
};
const status = {
  connected: true,
  lastPollAtMs: undefined,
  lastInboundAtMs: 11,
  lastErrorCode: undefined,
  pendingRequests: 5,
  bytesToday: 6,
  clockOffsetMs: 7,
  forksNoticed: 8,
};

function failWith(code: string): never {
  throw Object.assign(new Error(code), { code });
}

it("puts together what waits and what the connection knows, forks too", () => {
  const figures = readFigures(
    () => counts,
    () => status,
    () => 9,
  );
  expect(figures).toEqual({
    connected: true,
    unreachableSinceMs: undefined,
    lastErrorCode: undefined,
    lastInboundAtMs: 11,
    waitingInbound: 3,
    peopleOverBudget: 9,
    oldestInboundAtMs: 9,
    deadLetters: 3,
    waitingOutbound: 4,
    oldestOutboundAtMs: 10,
    pendingRequests: 5,
    bytesToday: 6,
    clockOffsetMs: 7,
    forksNoticed: 8,
  });
});

it("says since when the relay is out of reach, and nothing before the first exchange", () => {
  const out = { ...status, connected: false, lastPollAtMs: 12, lastErrorCode: "relay_unreachable" };
  expect(
    readFigures(
      () => counts,
      () => out,
      () => 0,
    ),
  ).toMatchObject({ connected: false, unreachableSinceMs: 12, lastErrorCode: "relay_unreachable" });
  expect(
    readFigures(
      () => counts,
      () => ({ ...status, connected: false }),
      () => 0,
    ),
  ).toMatchObject({ connected: false, unreachableSinceMs: undefined, lastErrorCode: undefined });
});

const read = (code: string) =>
  readFigures(
    () => failWith(code),
    () => status,
    () => 0,
  );

it("has none of a closing account, and hides no other trouble", () => {
  expect(read("closed")).toBeUndefined();
  expect(() => read("corrupt_row")).toThrow("corrupt_row");
});
