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
  lastExchangeAtMs: undefined,
  lastInboundAtMs: 11,
  lastErrorCode: undefined,
  unhandled: 20,
  ownFigure: 5,
};
const pickOwn = ({ ownFigure }: { readonly ownFigure: number }) => ({ ownFigure });

function failWith(code: string): never {
  throw Object.assign(new Error(code), { code });
}

it("puts together what waits and what the connection knows, the channel's own figures too", () => {
  const figures = readFigures({
    counts: () => counts,
    state: () => status,
    countHeld: () => 9,
    pickOwn,
  });
  expect(figures).toEqual({
    connected: true,
    unreachableSinceMs: undefined,
    lastErrorCode: undefined,
    lastInboundAtMs: 11,
    waitingInbound: 23,
    peopleOverBudget: 9,
    oldestInboundAtMs: 9,
    deadLetters: 3,
    waitingOutbound: 4,
    oldestOutboundAtMs: 10,
    ownFigure: 5,
  });
});

it("says since when the relay is out of reach, and nothing before the first exchange", () => {
  const out = {
    ...status,
    connected: false,
    lastExchangeAtMs: 12,
    lastErrorCode: "relay_unreachable",
  };
  expect(
    readFigures({ counts: () => counts, state: () => out, countHeld: () => 0, pickOwn }),
  ).toMatchObject({ connected: false, unreachableSinceMs: 12, lastErrorCode: "relay_unreachable" });
  expect(
    readFigures({
      counts: () => counts,
      state: () => ({ ...status, connected: false }),
      countHeld: () => 0,
      pickOwn,
    }),
  ).toMatchObject({ connected: false, unreachableSinceMs: undefined, lastErrorCode: undefined });
});

const read = (code: string) =>
  readFigures({ counts: () => failWith(code), state: () => status, countHeld: () => 0, pickOwn });

it("has none of a closing account, and hides no other trouble", () => {
  expect(read("closed")).toBeUndefined();
  expect(() => read("corrupt_row")).toThrow("corrupt_row");
});
