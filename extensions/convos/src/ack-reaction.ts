import * as kit from "channel-kit";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { CHANNEL_ID } from "./config-schema.ts";
import { kindOf, type InboundMessage } from "./inbound.ts";
import { createReactionDesk, type ReactionOutbox } from "./reactions.ts";

export interface AckReactionOptions {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly message: Pick<InboundMessage, "conversationId" | "direct" | "messageId">;
  readonly outbox: ReactionOutbox;
  readonly onError: (error: unknown) => void;
}

/** The sign that a message was read, see {@link kit.startAckReaction}. */
export function startAckReaction({ message, outbox, ...options }: AckReactionOptions) {
  const desk = createReactionDesk(outbox);
  const reaction = (emoji: string): kit.OwnReaction => ({
    purpose: "message",
    to: message.conversationId,
    citedId: message.messageId,
    emoji,
  });
  return kit.startAckReaction({
    ...options,
    channelId: CHANNEL_ID,
    conversation: { kind: kindOf(message), id: message.conversationId },
    add: (emoji) => kit.addReaction(desk, reaction(emoji)),
    remove: (emoji) => kit.removeReaction(desk, reaction(emoji)),
  });
}
