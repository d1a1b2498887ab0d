import { expect, it } from "vitest";
import { readFigures } from "./figures.ts";

const counts = {
  pending: 2,
  claimed: 1,
  failed: 3,
  oldestPendingAtMs: undefined,
  unsent: 4,
  oldestUnsentAtMs: undefined,
};
const status = {
  connected: true,
  lastPollAtMs: undefined,
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
    waitingInbound: 3,
    peopleOverBudget: 9,
    deadLetters: 3,
    waitingOutbound: 4,
    pendingRequests: 5,
    bytesToday: 6,
    clockOffsetMs: 7,
    forksNoticed: 8,
  });
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
