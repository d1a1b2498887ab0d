import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../scripts/fuzz/random.ts";
import { CRASH_CASES } from "../host/support/crash-cases.ts";
import {
  dealCases,
  MAX_PARKED,
  MIN_PARKED,
  planRounds,
  planSeats,
} from "../host/support/fault-plan.ts";
import {
  countFaults,
  describeFaults,
  isFaultFree,
  type FaultFacts,
  type FaultTurn,
} from "../host/support/fault-totals.ts";

describe("a plan of kills", () => {
  it.each([
    [200, 25, 8],
    [12, 25, 1],
    [36, 18, 2],
    [13, 12, 2],
  ])("cuts off %i turns at %i seats with %i kills", (turns, seats, kills) => {
    const rounds = planRounds(turns, seats);
    expect(rounds).toHaveLength(kills);
    expect(rounds.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(turns);
    expect(Math.min(...rounds)).toBeGreaterThanOrEqual(MIN_PARKED);
    expect(Math.max(...rounds)).toBeLessThanOrEqual(seats);
  });

  it("uses every point at each kill when there are seats enough, and the same ones for the same seed", () => {
    const seats = planSeats(MAX_PARKED);
    const deal = (seed: number) => dealCases(seats, seats.length, new SeededRandom(seed, "test"));
    const dealt = deal(7);
    expect(dealt.filter((crashCase) => crashCase !== undefined)).toHaveLength(seats.length);
    expect(new Set(dealt)).toEqual(new Set(CRASH_CASES));
    expect(deal(7)).toEqual(dealt);
    expect(deal(8)).not.toEqual(dealt);
  });

  it("lets some sit out when there are fewer turns than seats", () => {
    const seats = planSeats(25);
    const dealt = dealCases(seats, MIN_PARKED, new SeededRandom(7, "test"));
    expect(dealt.filter((crashCase) => crashCase !== undefined)).toHaveLength(MIN_PARKED);
  });
});

function caseOf(name: string) {
  const found = CRASH_CASES.find((crashCase) => crashCase.name === name);
  if (found === undefined) throw new Error(`test: no case ${name}`);
  return found;
}

function turn(name: string, rest: Partial<FaultTurn> = {}): FaultTurn {
  const crashCase = caseOf(name);
  const { modelCalls } = crashCase;
  return { round: 0, name, crashCase, answers: 1, modelCalls, owedId: undefined, ...rest };
}

function factsOf(...turns: FaultTurn[]): FaultFacts {
  return { kills: 1, turns, freeTurns: [{ answers: 1, modelCalls: 1 }], notices: ["restarted"] };
}

describe("the count after the kills", () => {
  it("is clean when each turn was answered once, and names model calls that had to be made again", () => {
    const totals = countFaults(factsOf(turn("sent"), turn("model")));
    expect(isFaultFree(totals)).toBe(true);
    expect(describeFaults(totals).at(-1)).toBe(
      "kills 1, turns 2, lost 0, duplicate replies 0, extra turns 0, re-run model calls 1",
    );
  });

  it.each([
    ["a loss", turn("sent", { answers: 0 }), { lost: 1 }],
    ["a second reply", turn("sent", { answers: 2 }), { duplicateReplies: 1 }],
    ["a second turn", turn("sent", { modelCalls: 2 }), { extraTurns: 1 }],
    ["a third call of the model", turn("model", { modelCalls: 3 }), { extraTurns: 1 }],
  ])("is not clean after %s", (_what, cut, expected) => {
    const totals = countFaults(factsOf(cut));
    expect(totals).toMatchObject(expected);
    expect(isFaultFree(totals)).toBe(false);
  });

  it("counts what nobody stopped as well", () => {
    const lost = { ...factsOf(), freeTurns: [{ answers: 0, modelCalls: 1 }] };
    const doubled = { ...factsOf(), freeTurns: [{ answers: 2, modelCalls: 2 }] };
    expect(countFaults(lost)).toMatchObject({ lost: 1 });
    expect(countFaults(doubled)).toMatchObject({ duplicateReplies: 1, extraTurns: 1 });
  });

  it("reports a loss in the window that stays open apart, with its queue id", () => {
    const totals = countFaults(factsOf(turn("ready-again", { answers: 0, owedId: "q-1" })));
    expect(totals).toMatchObject({ lost: 0 });
    expect(isFaultFree(totals)).toBe(true);
    expect(describeFaults(totals)[0]).toContain("window that stays open: kill 1, queue id q-1");
  });
});
