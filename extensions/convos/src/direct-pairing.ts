// What a direct message of somebody unknown gets: OpenClaw's pairing code, and later the word that he is in.
import type { AccessDecision, PairingDesk, WaitingSenders } from "channel-access";
import type { Outbox } from "channel-durability";
import { toPlainText } from "channel-kit";
import type { ConvosConnection } from "./client.ts";
import type { InboundFacts } from "./inbound.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { fillText, type ChatStrings } from "./strings.ts";

export interface DirectPairingOptions {
  readonly desk: PairingDesk;
  readonly waiting: Pick<WaitingSenders, "wroteWhileWaiting">;
  readonly outbox: Pick<Outbox<ConvosMessageBody>, "send">;
  readonly readStrings: () => ChatStrings;
}

/** Answers an unknown sender with a code. @returns Whether these facts may go further. */
export async function passDirect(
  facts: InboundFacts,
  kind: AccessDecision["kind"],
  { desk, outbox, readStrings, waiting }: DirectPairingOptions,
): Promise<boolean> {
  const { arrivedAtMs, conversationId, senderId } = facts;
  if (kind === "pairing") {
    await desk.challenge({
      senderId,
      senderIdLine: fillText(readStrings().senderIdLine, { id: senderId }),
      sendReply: async (text, noticeId) => {
        const body = createMessageBody(conversationId, toPlainText(text));
        await outbox.send({
          queueId: noticeId,
          partIndex: 0,
          target: conversationId,
          body: { ...body, purpose: "pairing" },
        });
      },
    });
  }
  return kind === "allow" && !waiting.wroteWhileWaiting(senderId, arrivedAtMs);
}

/** Tells somebody that he may write now, in each direct conversation with him that is open. */
export async function tellApproved(
  senderId: string,
  noticeId: string,
  options: {
    readonly connection: Pick<ConvosConnection, "directs">;
    readonly outbox: Pick<Outbox<ConvosMessageBody>, "send">;
    readonly text: string;
  },
): Promise<void> {
  const { connection, outbox, text } = options;
  const theirs = connection.directs().filter(({ peerInboxId }) => peerInboxId === senderId);
  for (const [partIndex, { id }] of theirs.entries()) {
    const body = createMessageBody(id, text);
    await outbox.send({ queueId: noticeId, partIndex, partCount: theirs.length, target: id, body });
  }
}
