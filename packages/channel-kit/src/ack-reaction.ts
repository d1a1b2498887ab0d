// The sign that a message was read and an answer is coming, where a network has neither read receipts nor "typing".
import {
  createAckReactionHandle,
  resolveAckReaction,
  shouldAckReaction,
  type AckReactionHandle,
} from "openclaw/plugin-sdk/channel-feedback";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";

export interface AckReactionOptions {
  readonly cfg: OpenClawConfig;
  readonly channelId: string;
  readonly accountId: string;
  readonly conversation: { readonly kind: "direct" | "group"; readonly id: string };
  /** Sets this emoji on the message. */
  readonly add: (emoji: string) => Promise<unknown>;
  /** Takes it back. */
  readonly remove: (emoji: string) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/**
 * Reacts to a message that becomes a turn, with OpenClaw's own settings: the emoji of `messages.ackReaction` (of the
 * account, the channel, or the agent's identity), nothing when that is empty or the scope is `off`. The scope's other
 * values are about groups in which most messages are not for the agent; here a message that becomes a turn is.
 *
 * @returns What takes it back after the answer; null when there is no reaction.
 */
export function startAckReaction(options: AckReactionOptions): AckReactionHandle | null {
  const { accountId, cfg, channelId, conversation } = options;
  if (!isWanted(cfg)) return null;
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: channelId,
    accountId,
    peer: conversation,
  });
  const emoji = resolveAckReaction(cfg, route.agentId, { channel: channelId, accountId });
  return createAckReactionHandle({
    ackReactionValue: emoji,
    send: async () => {
      await options.add(emoji.trim());
    },
    remove: async () => {
      await options.remove(emoji.trim());
    },
    onSendError: options.onError,
  });
}

/** Only who switched it off gets none. */
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
