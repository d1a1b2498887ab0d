// What a running account offers to what the host calls from outside: commands, status, and the message adapter.
import {
  readFigures,
  whenAdmitted,
  type AccountRooms,
  type AskerBook,
  type OwnerDesk,
} from "channel-kit";
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
  readonly onError: (error: unknown, what: string) => void;
  readonly signal: AbortSignal;
}

/** What the running account offers to commands and status. */
export function createLiveAccount(
  { askers, connection, gate, isOurs, onError, ownerDesk, readStrings, signal }: LiveParts,
  { approvals, countHeld, deadLetters, outbox, view }: AccountRooms<MeshMessageBody>,
): LiveAccount {
  return {
    userId: connection.userId,
    outbox,
    ownerDesk,
    deadLetters,
    isOurs,
    isTheirs: (to, messageId) => askers.find(`${to}\n${messageId}`) !== undefined,
    askerOf: (messageId) => askers.find(messageId),
    neighbors: () => connection.neighbors(),
    tellApproved: (senderId) => approvals.tellOnce(senderId),
    welcomeOwner: async (senderId) => {
      try {
        const place = { senderId, channelId: undefined };
        // A stop is most often the restart that brings the new list: the outbox keeps the greeting for it.
        await whenAdmitted(() => gate.isAdmitted(place), signal).catch(() => undefined);
        const body = createMessageBody(senderId, readStrings().ownerWelcome);
        await outbox.send({
          queueId: `owner/${senderId}`,
          partIndex: 0,
          target: senderId,
          body: { ...body, purpose: "operator" },
        });
      } catch (error) {
        onError(error, "the new owner could not be greeted");
      }
    },
    figures: () =>
      readFigures({
        counts: () => view.counts(),
        state: () => connection.status(),
        countHeld,
        pickOwn: pickOwnFigures,
      }),
  };
}
