// The sign that a message was read and an answer is coming: Gossip has neither read receipts nor "typing".
import {
  createAckReactionHandle,
  resolveAckReaction,
  shouldAckReaction,
  type AckReactionHandle,
} from "openclaw/plugin-sdk/channel-feedback";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
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

/**
 * Reacts to a message that becomes a turn, with OpenClaw's own settings: the emoji of `messages.ackReaction` (of the
 * account, the channel, or the agent's identity), nothing when that is empty or the scope is `off`.
 *
 * @returns What takes it back after the answer; null when there is no reaction.
 */
export function startAckReaction(options: AckReactionOptions): AckReactionHandle | null {
  const { accountId, cfg, message, onError, outbox } = options;
  if (!isMessageId(message.messageId) || !isWanted(cfg)) return null;
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId,
    peer: { kind: "direct", id: message.peer },
  });
  const emoji = resolveAckReaction(cfg, route.agentId, { channel: CHANNEL_ID, accountId });
  const reaction = {
    purpose: "message" as const,
    to: message.peer,
    citedId: message.messageId,
    emoji: emoji.trim(),
  };
  return createAckReactionHandle({
    ackReactionValue: emoji,
    send: async () => {
      await addReaction(outbox, reaction);
    },
    remove: async () => {
      await removeReaction(outbox, reaction);
    },
    onSendError: onError,
  });
}

/** The scope's default is about groups, which Gossip has not: only who switched it off gets none. */
function isWanted(cfg: OpenClawConfig): boolean {
  const scope = cfg.messages?.ackReactionScope;
  return shouldAckReaction({
    scope: scope === "off" || scope === "none" ? scope : "direct",
    isDirect: true,
    isGroup: false,
    isMentionableGroup: false,
    canDetectMention: false,
    effectiveWasMentioned: false,
  });
}
