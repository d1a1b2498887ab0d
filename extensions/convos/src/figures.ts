// What status says of a running account, and what of that only Convos has.
import type { LiveFigures } from "channel-kit";
import type { ConvosConnectionState } from "./client.ts";

export type OwnFigures = Pick<
  ConvosConnectionState,
  | "conversations"
  | "maxInstallations"
  | "oldestJoinAtMs"
  | "outOfSync"
  | "pendingJoins"
  | "restoreOffers"
  | "restoring"
>;

export type ConvosFigures = LiveFigures & OwnFigures;

export function pickOwnFigures(state: OwnFigures): OwnFigures {
  const { conversations, maxInstallations, oldestJoinAtMs } = state;
  const { outOfSync, pendingJoins, restoreOffers, restoring } = state;
  return {
    conversations,
    maxInstallations,
    oldestJoinAtMs,
    outOfSync,
    pendingJoins,
    restoreOffers,
    restoring,
  };
}
