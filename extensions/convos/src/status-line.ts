import * as kit from "channel-kit/terminal";
import { CONVOS } from "./config-schema.ts";
import type { ConvosFigures } from "./figures.ts";

/** One account in one line, see {@link kit.describeAccount}. */
export function describeAccount(facts: kit.AccountFacts<ConvosFigures>, nowMs: number): string {
  return kit.describeAccount(CONVOS, facts, nowMs, describeOwn);
}

function describeOwn({ conversations, oldestJoinAtMs, pendingJoins }: ConvosFigures): string[] {
  const count = `${conversations} ${conversations === 1 ? "conversation" : "conversations"}`;
  if (oldestJoinAtMs === undefined) return [count];
  const since = new Date(oldestJoinAtMs).toISOString().slice(0, 16).replace("T", " ");
  return [
    count,
    `${pendingJoins} ${pendingJoins === 1 ? "join" : "joins"} pending since ${since} UTC: its creator's app must be opened`,
  ];
}
