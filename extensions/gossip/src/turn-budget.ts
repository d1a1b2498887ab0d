// People who write more than the agent may answer: their messages wait in the queue, and they are told so.
import type { Outbox, TurnBudget, TurnLimits } from "channel-durability";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { isAbortRequestText } from "openclaw/plugin-sdk/command-primitives-runtime";
import type { ResolvedGossipAccount } from "./accounts.ts";
import { inspectInbound, laneOf, type InboundFacts } from "./inbound.ts";
import { createMessageBody, type GossipMessageBody } from "./message-body.ts";
import { listGossipOwners } from "./owner-grant.ts";

const PERSON_WINDOW_MS = 10 * 60 * 1000;
const ACCOUNT_WINDOW_MS = 60 * 60 * 1000;

export function toTurnLimits(configured: ResolvedGossipAccount["turnBudget"]): TurnLimits {
  return {
    perLane: { turns: configured.perPerson, windowMs: PERSON_WINDOW_MS },
    perAccount: { turns: configured.perAccount, windowMs: ACCOUNT_WINDOW_MS },
  };
}

/** An owner of the bot waits for his own turns, and not for those of others: people who flood it must not lock him out. */
export function isOwnersLane(cfg: OpenClawConfig, laneKey: string): boolean {
  return listGossipOwners(cfg).some((userId) => laneOf(userId) === laneKey);
}

export interface BudgetDesk {
  /** Is this a call to stop the turn that runs for its writer? It costs no turn, and does not wait behind those that do. */
  isStop(facts: InboundFacts): boolean;
  /** May a turn begin with these facts? Otherwise their lane is held, and its person is told, once per window. */
  mayBegin(facts: InboundFacts): boolean;
  holdsLane(laneKey: string): boolean;
  /** People who wait. */
  countHeld(): number;
}

export function createBudgetDesk(options: {
  readonly budget: TurnBudget;
  /** Does a turn of this person run? Only then is there anything to stop. */
  readonly isAnswering: (peer: string) => boolean;
  readonly outbox: Pick<Outbox<GossipMessageBody>, "sendBestEffort">;
  /** What such a person is told. */
  readonly notice: () => string;
  readonly onError: (error: unknown) => void;
}): BudgetDesk {
  const { budget } = options;
  // What they say themselves: a command in a forwarded text is somebody else's.
  const isStop = (facts: InboundFacts): boolean =>
    facts.kind === "message" && isAbortRequestText(facts.text) && options.isAnswering(facts.peer);
  return {
    isStop,
    mayBegin: (facts) => {
      if (isStop(facts)) return true;
      const { laneKey } = inspectInbound(facts);
      if (budget.take(laneKey)) return true;
      if (budget.claimNotice(laneKey)) {
        options.outbox
          .sendBestEffort(createMessageBody(facts.peer, options.notice()))
          .catch((error: unknown) => options.onError(error));
      }
      return false;
    },
    holdsLane: (laneKey) => budget.isHeld(laneKey),
    countHeld: () => budget.countHeld(),
  };
}
