// What status says of a running account, and what of that only Convos has.
import type { LiveFigures } from "channel-kit";
import type { ConvosConnectionState } from "./client.ts";

export type OwnFigures = {
  /** The configured one; the account has no other by itself. */
  readonly isOwnerConversationOver: boolean;
  /** The configured one; the account never was in it. */
  readonly isOwnerConversationUnknown: boolean;
  /** None of the owners is in the owner conversation. */
  readonly isOwnerElsewhere: boolean;
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
  const { conversations, isOwnerConversationOver, isOwnerConversationUnknown, isOwnerElsewhere } =
    state;
  const { maxInstallations, oldestJoinAtMs } = state;
  const { outOfSync, pendingJoins, restoreOffers, restoring, stuck } = state;
  return {
    conversations,
    isOwnerConversationOver,
    isOwnerConversationUnknown,
    isOwnerElsewhere,
    maxInstallations,
    oldestJoinAtMs,
    outOfSync,
    pendingJoins,
    restoreOffers,
    restoring,
    stuck,
  };
}
