import * as kit from "channel-kit/terminal";
import { CONVOS } from "./config-schema.ts";
import type { ConvosFigures } from "./figures.ts";

/** One account in one line, see {@link kit.describeAccount}. */
export function describeAccount(facts: kit.AccountFacts<ConvosFigures>, nowMs: number): string {
  return kit.describeAccount(CONVOS, facts, nowMs, describeOwn);
}

function describeOwn(figures: ConvosFigures): string[] {
  const { conversations, outOfSync, restoreOffers, restoring } = figures;
  const stuck = figures.stuck.length;
  return [
    `${conversations} ${conversations === 1 ? "conversation" : "conversations"}`,
    ...describeOwner(figures).map((what) => `${what} (openclaw doctor)`),
    ...(stuck === 0 ? [] : [`${stuck} that cannot be opened (openclaw doctor)`]),
    ...(outOfSync === 0 ? [] : [`${outOfSync} out of sync`]),
    ...(restoring === 0 ? [] : [`${restoring} to come back once a member writes there`]),
    ...(restoreOffers === 0
      ? []
      : [`${restoreOffers} groups to confirm (openclaw convos conversations)`]),
    ...describeJoins(figures),
  ];
}

function describeOwner(figures: ConvosFigures): string[] {
  return [
    ...(figures.isOwnerConversationOver ? ["the owner conversation is over"] : []),
    ...(figures.isOwnerConversationUnknown ? ["the owner conversation is unknown"] : []),
    ...(figures.isOwnerElsewhere ? ["no owner is in the owner conversation"] : []),
  ];
}

function describeJoins({ oldestJoinAtMs, pendingJoins }: ConvosFigures): string[] {
  if (oldestJoinAtMs === undefined) return [];
  const since = new Date(oldestJoinAtMs).toISOString().slice(0, 16).replace("T", " ");
  return [
    `${pendingJoins} ${pendingJoins === 1 ? "join" : "joins"} pending since ${since} UTC: its creator's app must be opened`,
  ];
}
