import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TemporaryStore } from "../test-support/temporary-store.ts";
import { openTurnBudget, type TurnLimits } from "./turn-budget.ts";

const MINUTE_MS = 60_000;

let temporary: TemporaryStore;
let limits: TurnLimits;

beforeEach(() => {
  temporary = new TemporaryStore();
  limits = {
    perPerson: { turns: 2, windowMs: 10 * MINUTE_MS },
    perAccount: { turns: 3, windowMs: 60 * MINUTE_MS },
  };
});
afterEach(() => temporary[Symbol.dispose]());

const open = () => openTurnBudget({ store: temporary.store, readLimits: () => limits });

it("gives each person their turns and holds the lane until the window has moved on", () => {
  const budget = open();
  expect([budget.take("a", "a"), budget.take("a", "a"), budget.take("a", "a")]).toEqual([
    true,
    true,
    false,
  ]);
  expect([budget.isHeld("a"), budget.isHeld("b"), budget.countHeld()]).toEqual([true, false, 1]);
  temporary.clock.nowMs += 10 * MINUTE_MS;
  expect([budget.isHeld("a"), budget.countHeld(), budget.take("a", "a")]).toEqual([false, 0, true]);
});

it("counts the turns of a person in all of their lanes together", () => {
  const budget = open();
  const taken = ["lobby", "dev", "ops"].map((lane) => budget.take("a", lane));
  expect([...taken, budget.take("b", "b")]).toEqual([true, true, false, true]);
  expect([budget.take("a", "dev"), budget.isHeld("dev"), budget.isHeld("ops")]).toEqual([
    false,
    true,
    true,
  ]);
  // One person, who waits in two lanes.
  expect([budget.isHeld("lobby"), budget.countHeld()]).toEqual([false, 1]);
});

it("takes no turn, and tells nobody, when that could not be stored", () => {
  const budget = open();
  const { store } = temporary;
  const write = vi.spyOn(store, "write").mockImplementation(() => {
    throw new Error("disk full");
  });
  for (const _ of [1, 2, 3]) {
    expect(() => budget.take("a", "a")).toThrow("disk full");
    expect(() => budget.claimNotice("a")).toThrow("disk full");
  }
  write.mockRestore();
  expect([budget.take("a", "a"), budget.take("a", "a"), budget.claimNotice("a")]).toEqual([
    true,
    true,
    true,
  ]);
});

it("bounds all people together", () => {
  const budget = open();
  expect(["a", "b", "c", "d"].map((one) => budget.take(one, one))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(budget.isHeld("d")).toBe(true);
  temporary.clock.nowMs += 60 * MINUTE_MS;
  expect(budget.take("d", "d")).toBe(true);
});

it("holds a person who waits for nobody by their own limit alone, and counts their turns for the others", () => {
  const owners = new Set(["o"]);
  const budget = openTurnBudget({
    store: temporary.store,
    readLimits: () => limits,
    waitsForOthers: (person) => !owners.has(person),
  });
  const taken = ["a", "b", "o", "c", "o", "o"].map((one) => budget.take(one, one));
  expect(taken).toEqual([true, true, true, false, true, false]);
  expect([budget.isHeld("c"), budget.isHeld("o"), budget.countHeld()]).toEqual([true, true, 2]);
  temporary.clock.nowMs += 10 * MINUTE_MS;
  expect([budget.isHeld("c"), budget.isHeld("o"), budget.take("o", "o")]).toEqual([
    true,
    false,
    true,
  ]);
  // No owner any more: the account is used up for it too.
  owners.clear();
  expect(budget.take("o", "o")).toBe(false);
});

it("gives nothing back at a restart", () => {
  const budget = open();
  budget.take("a", "a");
  budget.take("a", "a");
  expect(budget.claimNotice("a")).toBe(true);
  temporary.reopen();
  const again = open();
  expect([again.take("a", "a"), again.claimNotice("a")]).toEqual([false, false]);
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
  budget.take("a", "a");
  budget.take("a", "a");
  expect(budget.take("a", "a")).toBe(false);
  limits = { ...limits, perPerson: { turns: 3, windowMs: 10 * MINUTE_MS } };
  expect([budget.isHeld("a"), budget.take("a", "a")]).toEqual([false, true]);
});

it("does not hold people because a clock was set back, and survives damage", () => {
  const budget = open();
  budget.take("a", "a");
  budget.take("a", "a");
  temporary.clock.nowMs -= 24 * 60 * MINUTE_MS;
  expect(budget.take("a", "a")).toBe(true);
  temporary.store.write(() =>
    temporary.store.run("UPDATE meta SET value = x'00' WHERE name = 'turn_budget'"),
  );
  expect(open().take("a", "a")).toBe(true);
});
