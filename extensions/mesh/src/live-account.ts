// What a running account offers to what the host calls from outside: commands, status, and the message adapter.
import { describeLive, type AccountRooms, type AskerBook, type OwnerDesk } from "channel-kit";
import type { MeshConnection } from "./client.ts";
import { pickOwnFigures } from "./figures.ts";
import type { MeshGate } from "./gate.ts";
import { createMessageBody, type MeshMessageBody } from "./message-body.ts";
import type { LiveAccount } from "./runtime.ts";
import type { ChatStrings } from "./strings.ts";

export interface LiveParts {
  readonly connection: Pick<MeshConnection, "neighbors" | "status" | "userId">;
  readonly gate: Pick<MeshGate, "isAdmitted">;
  readonly askers: Pick<AskerBook, "find">;
  readonly isOurs: (to: string, messageId: string) => boolean;
  readonly ownerDesk: OwnerDesk;
  readonly readStrings: () => ChatStrings;
}

/** What the running account offers to commands and status. */
export function createLiveAccount(
  { askers, connection, gate, isOurs, ownerDesk, readStrings }: LiveParts,
  rooms: AccountRooms<MeshMessageBody>,
): LiveAccount {
  const { outbox } = rooms;
  return {
    ...describeLive(connection, rooms, pickOwnFigures),
    ownerDesk,
    isOurs,
    isTheirs: (to, messageId) => askers.find(`${to}\n${messageId}`) !== undefined,
    askerOf: (messageId) => askers.find(messageId),
    neighbors: () => connection.neighbors(),
    welcomeOwner: async (senderId) => {
      if (!(await gate.isAdmitted({ senderId, channelId: undefined }))) return false;
      const body = createMessageBody(senderId, readStrings().ownerWelcome);
      await outbox.send({
        queueId: `owner/${senderId}`,
        partIndex: 0,
        target: senderId,
        body: { ...body, purpose: "operator" },
      });
      return true;
    },
  };
}
