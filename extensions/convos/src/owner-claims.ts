// Where the code that makes an owner is heard in Convos.
import type { OwnerDesk } from "channel-kit";
import type { InboundFacts } from "./inbound.ts";

export interface OwnerClaims {
  readonly desk: OwnerDesk;
  takesOver(facts: InboundFacts): boolean;
  /** Where this person sent the code; the owner conversation when it came in before a restart of the account. */
  conversationOf(senderId: string): string | undefined;
}

/** The code counts in the owner conversation alone: an owner elsewhere would not be heard there. */
export function createOwnerClaims(
  desk: OwnerDesk,
  ownerConversation: () => string | undefined,
): OwnerClaims {
  const places = new Map<string, string>();
  return {
    desk,
    takesOver: (facts) => {
      const { conversationId, kind, senderId } = facts;
      if (kind !== "message" || conversationId !== ownerConversation()) return false;
      const isCode = desk.offer(senderId, facts.text);
      if (isCode) places.set(senderId, conversationId);
      return isCode;
    },
    conversationOf: (senderId) => places.get(senderId) ?? ownerConversation(),
  };
}
