import { expect, it } from "vitest";
import { budgetKeyOf, createBudgetDesk, isOwnersBudget } from "./turn-budget.ts";

interface Line {
  readonly from: string;
  readonly text: string;
}

const PAT = "pat";

/** A desk whose budget is used up. */
function openDesk(isAnswering: boolean) {
  const told: string[] = [];
  const desk = createBudgetDesk<Line>({
    budget: {
      take: () => false,
      isHeld: () => true,
      countHeld: () => 1,
      claimNotice: () => told.length === 0,
    },
    personOf: ({ from }) => from,
    laneOf: ({ from }) => `${from}@lobby`,
    textOf: ({ text }) => text,
    isAnswering: () => isAnswering,
    tell: async ({ from }) => told.push(from),
    onError: () => undefined,
  });
  return { desk, told };
}

const line = (text: string): Line => ({ from: PAT, text });

it("lets a person stop the turn that runs, whatever the budget says", () => {
  const { desk, told } = openDesk(true);
  const answers = ["/stop", " STOP ", "abort"].map((text) => desk.mayBegin(line(text)));
  expect(answers).toEqual([true, true, true]);
  expect(told).toEqual([]);
});

it("holds everything else, a stop with nothing to stop too, and says so once", () => {
  const { desk, told } = openDesk(true);
  expect([line("hi"), line("/new")].map((one) => desk.mayBegin(one))).toEqual([false, false]);
  expect(told).toEqual([PAT]);
  const idle = openDesk(false).desk;
  expect([idle.isStop(line("/stop")), idle.mayBegin(line("/stop"))]).toEqual([false, false]);
});

it("counts a turn for who wrote, and holds the conversation, by keys that name nobody", () => {
  const taken: (readonly [string, string])[] = [];
  const desk = createBudgetDesk<Line>({
    budget: {
      take: (...turn) => taken.push(turn) > 0,
      isHeld: () => false,
      countHeld: () => 0,
      claimNotice: () => false,
    },
    personOf: ({ from }) => from,
    laneOf: ({ text }) => text,
    textOf: () => undefined,
    isAnswering: () => false,
    tell: async () => undefined,
    onError: () => undefined,
  });
  desk.mayBegin(line("lobby"));
  desk.mayBegin(line("dev"));
  expect(taken).toEqual([
    [budgetKeyOf(PAT), "lobby"],
    [budgetKeyOf(PAT), "dev"],
  ]);
  expect(budgetKeyOf(PAT)).not.toContain(PAT);
});

it("knows an owner by the key, by the owners of the moment", () => {
  expect(isOwnersBudget([PAT], budgetKeyOf(PAT))).toBe(true);
  expect(isOwnersBudget(["sam"], budgetKeyOf(PAT))).toBe(false);
});
