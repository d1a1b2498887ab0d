import type { CrashCase } from "./crash-cases.ts";

/** What became of one turn that stood still when the gateway was killed, counted when everything had ended. */
export interface FaultTurn {
  readonly round: number;
  /** Who wrote. */
  readonly name: string;
  readonly crashCase: CrashCase;
  /** How often the answer came. */
  readonly answers: number;
  /** How often the model was asked. */
  readonly modelCalls: number;
  /** The host's queue id of the answer, if the host had it in its queue when it was killed. */
  readonly owedId: string | undefined;
}

/** What became of a question that nobody stopped. */
export interface FreeTurn {
  readonly answers: number;
  readonly modelCalls: number;
}

export interface FaultFacts {
  readonly kills: number;
  readonly turns: readonly FaultTurn[];
  readonly freeTurns: readonly FreeTurn[];
  /** Texts that were no answer: what the host says of itself. */
  readonly notices: readonly string[];
}

export interface FaultTotals {
  readonly kills: number;
  readonly turns: number;
  readonly lost: number;
  readonly duplicateReplies: number;
  readonly extraTurns: number;
  /** The model was being asked when the gateway died: asking again is all the host can do. */
  readonly rerunModelCalls: number;
  /** Lost in the window that docs/adr/0003-durability.md leaves open. */
  readonly inWindow: readonly FaultTurn[];
  readonly missing: readonly FaultTurn[];
  readonly notices: number;
  /** Questions outside the kills, all of which must be answered once. */
  readonly freeTurns: number;
}

/** Counts. Pure. */
export function countFaults(facts: FaultFacts): FaultTotals {
  const { turns, freeTurns } = facts;
  const unanswered = turns.filter(({ answers }) => answers === 0);
  const inWindow = unanswered.filter(({ crashCase }) => crashCase.mayLose);
  const missing = unanswered.filter(({ crashCase }) => !crashCase.mayLose);
  const all = [...turns, ...freeTurns];
  const allowedCalls = turns.map(({ modelCalls, crashCase }) => ({
    over: Math.max(0, modelCalls - crashCase.modelCalls),
    rerun: Math.max(0, Math.min(modelCalls, crashCase.modelCalls) - 1),
  }));
  return {
    kills: facts.kills,
    turns: turns.length,
    lost: missing.length + freeTurns.filter(({ answers }) => answers === 0).length,
    duplicateReplies: sum(all.map(({ answers }) => Math.max(0, answers - 1))),
    extraTurns:
      sum(allowedCalls.map(({ over }) => over)) +
      sum(freeTurns.map(({ modelCalls }) => Math.max(0, modelCalls - 1))),
    rerunModelCalls: sum(allowedCalls.map(({ rerun }) => rerun)),
    inWindow,
    missing,
    notices: facts.notices.length,
    freeTurns: freeTurns.length,
  };
}

/** Whether nothing was lost or doubled beyond what is named. */
export function isFaultFree({ lost, duplicateReplies, extraTurns }: FaultTotals): boolean {
  return lost + duplicateReplies + extraTurns === 0;
}

/** The end of the report; the last line is the one to read. */
export function describeFaults(totals: FaultTotals): string[] {
  const { kills, turns, lost, duplicateReplies, extraTurns, rerunModelCalls } = totals;
  return [
    ...totals.missing.map((turn) => `lost: ${describeTurn(turn)}`),
    ...totals.inWindow.map((turn) => `lost in the window that stays open: ${describeTurn(turn)}`),
    `questions between the kills: ${totals.freeTurns}, notices of the host: ${totals.notices}`,
    `kills ${kills}, turns ${turns}, lost ${lost}, duplicate replies ${duplicateReplies}, ` +
      `extra turns ${extraTurns}, re-run model calls ${rerunModelCalls}`,
  ];
}

function describeTurn({ round, name, crashCase, modelCalls, owedId }: FaultTurn): string {
  const id = owedId ?? "none";
  return `kill ${round + 1}, queue id ${id}, ${name}, model calls ${modelCalls}, ${crashCase.point}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}
