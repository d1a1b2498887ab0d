// What a running account offers to what the host calls from outside: commands, status, and the message adapter.
import { describeLive, type AccountRooms, type AskerBook } from "channel-kit";
import type { ConvosConnection } from "./client.ts";
import { pickOwnFigures } from "./figures.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import type { OperatedAccount } from "./operations.ts";
import type { OwnerClaims } from "./owner-claims.ts";
import { isOwnerConversationOver, isOwnerConversationUnknown } from "./owner-conversation.ts";
import type { OwnerPresence } from "./owner-presence.ts";
import type { LiveAccount } from "./runtime.ts";
import type { ChatStrings } from "./strings.ts";

export interface LiveParts {
  readonly connection: ConvosConnection;
  readonly operated: OperatedAccount;
  readonly ownerClaims: OwnerClaims;
  readonly presence: Pick<OwnerPresence, "isElsewhere">;
  /** `ownerConversationId` of the configuration as it is now. */
  readonly readOwner: () => string | undefined;
  readonly readStrings: () => ChatStrings;
  readonly askers: Pick<AskerBook, "find">;
}

/** What the running account offers to commands and status. */
export function createLiveAccount(
  { askers, connection, operated, ownerClaims, presence, readOwner, readStrings }: LiveParts,
  rooms: AccountRooms<ConvosMessageBody>,
): LiveAccount {
  const { outbox } = rooms;
  const known = {
    userId: connection.userId,
    status: () => ({
      ...connection.status(),
      isOwnerConversationOver: isOwnerConversationOver(readOwner(), connection),
      isOwnerConversationUnknown: isOwnerConversationUnknown(readOwner(), connection),
      isOwnerElsewhere: presence.isElsewhere(),
    }),
  };
  return {
    ...describeLive(known, rooms, pickOwnFigures),
    ownerDesk: ownerClaims.desk,
    conversations: () => connection.conversations(),
    isOurs: (conversationId, messageId) => connection.isOurs(conversationId, messageId),
    isTheirs: (conversationId, messageId) => connection.hasReceived(conversationId, messageId),
    askerOf: (messageId) => askers.find(messageId),
    operated,
    welcomeOwner: async (senderId) => {
      const conversationId = ownerClaims.conversationOf(senderId);
      if (conversationId === undefined) return false;
      const body = createMessageBody(conversationId, readStrings().ownerWelcome);
      await outbox.send({
        queueId: `owner/${senderId}`,
        partIndex: 0,
        target: conversationId,
        body: { ...body, purpose: "operator" },
      });
      return true;
    },
  };
}
