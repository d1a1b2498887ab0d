// People who write more than the agent may answer: their messages wait in the queue, and they are told so.
import type { TurnBudget, TurnLimits } from "channel-durability";
import { isAbortRequestText } from "openclaw/plugin-sdk/command-primitives-runtime";
import { tagPeer } from "./peer-text.ts";

const PERSON_WINDOW_MS = 10 * 60 * 1000;
const ACCOUNT_WINDOW_MS = 60 * 60 * 1000;

/** @param configured - Turns that one person may cause in ten minutes, and all of an account in an hour. */
export function toTurnLimits(configured: {
  readonly perPerson: number;
  readonly perAccount: number;
}): TurnLimits {
  return {
    perPerson: { turns: configured.perPerson, windowMs: PERSON_WINDOW_MS },
    perAccount: { turns: configured.perAccount, windowMs: ACCOUNT_WINDOW_MS },
  };
}

/** Under which key the turns of a person are counted, wherever he writes. It names nobody. */
export function budgetKeyOf(person: string): string {
  return tagPeer(person);
}

/** An owner waits for his own turns, and not for those of others: people who flood the bot must not lock him out. */
export function isOwnersBudget(owners: readonly string[], budgetKey: string): boolean {
  return owners.some((owner) => budgetKeyOf(owner) === budgetKey);
}

export interface BudgetDesk<TFacts> {
  /** Is this a call to stop the turn that runs for its writer? It costs no turn, and does not wait behind those that do. */
  isStop(facts: TFacts): boolean;
  /** May a turn begin with these facts? Otherwise their lane is held, and its person is told, once per window. */
  mayBegin(facts: TFacts): boolean;
  holdsLane(laneKey: string): boolean;
  /** People who wait. */
  countHeld(): number;
}

export function createBudgetDesk<TFacts>(options: {
  readonly budget: TurnBudget;
  /** Who pays for the turn: the same in every conversation. */
  readonly personOf: (facts: TFacts) => string;
  readonly laneOf: (facts: TFacts) => string;
  /** What a person says himself: a command in a forwarded text is somebody else's. */
  readonly textOf: (facts: TFacts) => string | undefined;
  /** Does a turn of the writer run? Only then is there anything to stop. */
  readonly isAnswering: (facts: TFacts) => boolean;
  /** Tells the person of these facts that answers come later. */
  readonly tell: (facts: TFacts) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}): BudgetDesk<TFacts> {
  const { budget, laneOf, personOf } = options;
  const isStop = (facts: TFacts): boolean => {
    const text = options.textOf(facts);
    return text !== undefined && isAbortRequestText(text) && options.isAnswering(facts);
  };
  return {
    isStop,
    mayBegin: (facts) => {
      if (isStop(facts)) return true;
      const laneKey = laneOf(facts);
      if (budget.take(budgetKeyOf(personOf(facts)), laneKey)) return true;
      if (budget.claimNotice(laneKey)) {
        options.tell(facts).catch((error: unknown) => options.onError(error));
      }
      return false;
    },
    holdsLane: (laneKey) => budget.isHeld(laneKey),
    countHeld: () => budget.countHeld(),
  };
}
