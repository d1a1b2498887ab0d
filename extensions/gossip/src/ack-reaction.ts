import * as kit from "channel-kit";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { CHANNEL_ID } from "./config-schema.ts";
import type { InboundMessage } from "./inbound.ts";
import { isMessageId } from "./message-body.ts";
import { addReaction, removeReaction, type ReactionOutbox } from "./reactions.ts";

export interface AckReactionOptions {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly message: Pick<InboundMessage, "messageId" | "peer">;
  readonly outbox: ReactionOutbox;
  readonly onError: (error: unknown) => void;
}

/** The sign that a message was read, see {@link kit.startAckReaction}. A contact request can have none. */
export function startAckReaction({ message, outbox, ...options }: AckReactionOptions) {
  if (!isMessageId(message.messageId)) return null;
  const reaction = (emoji: string): kit.OwnReaction => ({
    purpose: "message",
    to: message.peer,
    citedId: message.messageId,
    emoji,
  });
  return kit.startAckReaction({
    ...options,
    channelId: CHANNEL_ID,
    conversation: { kind: "direct", id: message.peer },
    add: (emoji) => addReaction(outbox, reaction(emoji)),
    remove: (emoji) => removeReaction(outbox, reaction(emoji)),
  });
}
