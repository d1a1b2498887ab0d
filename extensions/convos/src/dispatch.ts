// Facts into the host: messages become a turn of the agent, reactions a line that its next turn reads.
import { runTurn, type TurnMessage, type TurnOptions, type TurnOutcome } from "channel-durability";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { resolveThreadSessionKeys } from "openclaw/plugin-sdk/routing";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { describeReaction, type InboundReaction } from "./inbound.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import { formatConversationTarget, shortenId } from "./targets.ts";

export interface MessageDispatch {
  /** Of one person in one conversation, oldest first; one turn answers them all. */
  readonly messages: Messages;
  /** How the sender calls himself, cleaned; the agent sees the short id beside it. */
  readonly senderName: string | undefined;
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  /** Names the conversation's session once it got a third member. */
  readonly sessionThread: string | undefined;
  readonly runtime: TurnOptions["runtime"];
  readonly lifecycle: TurnOptions["lifecycle"];
  readonly resolveIngress: TurnOptions["resolveIngress"];
  /** Ends the agent's run: the person lost access. */
  readonly signal: AbortSignal;
  /** A turn that the host put behind a running one has come to its end. */
  readonly onSettled: () => void;
  /** Sends what the host wants seen before the final answer. */
  readonly sendEarly: (text: string) => Promise<{ readonly nativeId: string }[]>;
  readonly onError: TurnOptions["onError"];
}

/** Runs the agent's turn for messages. The final answer leaves through the message adapter, not through here. */
export function dispatchMessages(dispatch: MessageDispatch): Promise<TurnOutcome> {
  const [{ conversationId, senderId }] = dispatch.messages;
  return runTurn({
    cfg: dispatch.cfg,
    channelId: CHANNEL_ID,
    channelLabel: CONVOS.label,
    accountId: dispatch.accountId,
    runtime: dispatch.runtime,
    message: toTurnMessage(dispatch.messages),
    sender: { id: senderId, name: describeSender(senderId, dispatch.senderName) },
    conversation: { kind: "group", id: conversationId },
    to: formatConversationTarget(conversationId),
    ...(dispatch.sessionThread === undefined ? {} : { sessionThread: dispatch.sessionThread }),
    resolveIngress: dispatch.resolveIngress,
    lifecycle: dispatch.lifecycle,
    signal: dispatch.signal,
    onSettled: dispatch.onSettled,
    deliver: async (payload) => {
      const text = payload.text ?? "";
      if (text.trim() === "" || dispatch.signal.aborted) return { visibleReplySent: false };
      const sent = await dispatch.sendEarly(text);
      return { messageIds: sent.map(({ nativeId }) => nativeId), visibleReplySent: true };
    },
    onError: dispatch.onError,
  });
}

/** Names are self-chosen and may be equal; the short id tells two people apart. */
function describeSender(senderId: string, name: string | undefined): string {
  const short = shortenId(senderId);
  return name === undefined || name === "" ? `member ${short}` : `${name} (${short})`;
}

function toTurnMessage(messages: Messages): TurnMessage {
  const newest = messages.at(-1) ?? messages[0];
  const replyToId = messages.findLast((message) => message.replyToId !== undefined)?.replyToId;
  return {
    // The newest one stands for all, as OpenClaw has it: acknowledgments go to it.
    id: newest.messageId,
    timestampMs: newest.sentAtMs,
    text: joinTexts(messages),
    ...(replyToId === undefined ? {} : { replyToId }),
  };
}

export interface NoticeDispatch {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly sessionThread: string | undefined;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
}

/** Leaves a line for the agent's next turn in this conversation. The host keeps at most twenty, in memory. */
export function dispatchReaction(reaction: InboundReaction, dispatch: NoticeDispatch): void {
  const { accountId, cfg, system } = dispatch;
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId,
    peer: { kind: "group", id: reaction.conversationId },
  });
  const { sessionKey } = resolveThreadSessionKeys({
    baseSessionKey: route.sessionKey,
    threadId: dispatch.sessionThread ?? null,
  });
  system.enqueueSystemEvent(describeReaction(reaction), {
    sessionKey,
    contextKey: `${CHANNEL_ID}:${reaction.key}`,
  });
}
