import { afterEach, beforeEach, expect, it } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { openTurnBudget, type TurnLimits } from "./turn-budget.ts";

const MINUTE_MS = 60_000;

let temporary: TemporaryStore;
let limits: TurnLimits;

beforeEach(() => {
  temporary = new TemporaryStore();
  limits = {
    perLane: { turns: 2, windowMs: 10 * MINUTE_MS },
    perAccount: { turns: 3, windowMs: 60 * MINUTE_MS },
  };
});
afterEach(() => temporary[Symbol.dispose]());

const open = () => openTurnBudget({ store: temporary.store, readLimits: () => limits });

it("gives each lane its turns and holds it until the window has moved on", () => {
  const budget = open();
  expect([budget.take("a"), budget.take("a"), budget.take("a")]).toEqual([true, true, false]);
  expect([budget.isHeld("a"), budget.isHeld("b"), budget.countHeld()]).toEqual([true, false, 1]);
  temporary.clock.nowMs += 10 * MINUTE_MS;
  expect([budget.isHeld("a"), budget.countHeld(), budget.take("a")]).toEqual([false, 0, true]);
});

it("bounds all lanes together", () => {
  const budget = open();
  expect(["a", "b", "c", "d"].map((lane) => budget.take(lane))).toEqual([true, true, true, false]);
  expect(budget.isHeld("d")).toBe(true);
  temporary.clock.nowMs += 60 * MINUTE_MS;
  expect(budget.take("d")).toBe(true);
});

it("holds a lane that waits for nobody by its own limit alone, and counts its turns for the others", () => {
  const owners = new Set(["o"]);
  const budget = openTurnBudget({
    store: temporary.store,
    readLimits: () => limits,
    waitsForOthers: (lane) => !owners.has(lane),
  });
  const taken = ["a", "b", "o", "c", "o", "o"].map((lane) => budget.take(lane));
  expect(taken).toEqual([true, true, true, false, true, false]);
  expect([budget.isHeld("c"), budget.isHeld("o"), budget.countHeld()]).toEqual([true, true, 2]);
  temporary.clock.nowMs += 10 * MINUTE_MS;
  expect([budget.isHeld("c"), budget.isHeld("o"), budget.take("o")]).toEqual([true, false, true]);
  // No owner any more: the account is used up for it too.
  owners.clear();
  expect(budget.take("o")).toBe(false);
});

it("gives nothing back at a restart", () => {
  const budget = open();
  budget.take("a");
  budget.take("a");
  expect(budget.claimNotice("a")).toBe(true);
  temporary.reopen();
  const again = open();
  expect([again.take("a"), again.claimNotice("a")]).toEqual([false, false]);
});

it("lets a lane be told once per window", () => {
  const budget = open();
  expect([budget.claimNotice("a"), budget.claimNotice("a"), budget.claimNotice("b")]).toEqual([
    true,
    false,
    true,
  ]);
  temporary.clock.nowMs += 10 * MINUTE_MS;
  expect(budget.claimNotice("a")).toBe(true);
});

it("goes by new limits at once", () => {
  const budget = open();
  budget.take("a");
  budget.take("a");
  expect(budget.take("a")).toBe(false);
  limits = { ...limits, perLane: { turns: 3, windowMs: 10 * MINUTE_MS } };
  expect([budget.isHeld("a"), budget.take("a")]).toEqual([false, true]);
});

it("does not hold people because a clock was set back, and survives damage", () => {
  const budget = open();
  budget.take("a");
  budget.take("a");
  temporary.clock.nowMs -= 24 * 60 * MINUTE_MS;
  expect(budget.take("a")).toBe(true);
  temporary.store.write(() =>
    temporary.store.run("UPDATE meta SET value = x'00' WHERE name = 'turn_budget'"),
  );
  expect(open().take("a")).toBe(true);
});
