// What status says of a running account, and what of that only Convos has.
import type { LiveFigures } from "channel-kit";
import type { ConvosConnectionState } from "./client.ts";

export type OwnFigures = {
  /** The configured one; the account has no other by itself. */
  readonly isOwnerConversationOver: boolean;
} & Pick<
  ConvosConnectionState,
  | "conversations"
  | "maxInstallations"
  | "oldestJoinAtMs"
  | "outOfSync"
  | "pendingJoins"
  | "restoreOffers"
  | "restoring"
  | "stuck"
>;

export type ConvosFigures = LiveFigures & OwnFigures;

export function pickOwnFigures(state: OwnFigures): OwnFigures {
  const { conversations, isOwnerConversationOver, maxInstallations, oldestJoinAtMs } = state;
  const { outOfSync, pendingJoins, restoreOffers, restoring, stuck } = state;
  return {
    conversations,
    isOwnerConversationOver,
    maxInstallations,
    oldestJoinAtMs,
    outOfSync,
    pendingJoins,
    restoreOffers,
    restoring,
    stuck,
  };
}
