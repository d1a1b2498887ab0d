// Facts into the host: messages become a turn of the agent, reactions a line that its next turn reads.
import { runTurn, type TurnMessage, type TurnOptions, type TurnOutcome } from "channel-durability";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import {
  resolveChannelInboundRouteEnvelope,
  toInboundMediaFacts,
} from "openclaw/plugin-sdk/channel-inbound";
import { resolveThreadSessionKeys } from "openclaw/plugin-sdk/routing";
import { CHANNEL_ID, CONVOS } from "./config-schema.ts";
import { describeReaction, kindOf, type InboundReaction } from "./inbound.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import type { LoadedFiles } from "./load-files.ts";
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
  /** Opens the files that belong to the messages. */
  readonly loadFiles: (messages: Messages, signal: AbortSignal) => Promise<LoadedFiles>;
  readonly typing: NonNullable<TurnOptions["typing"]>;
  readonly onError: TurnOptions["onError"];
}

/** Runs the agent's turn for messages. The final answer leaves through the message adapter, not through here. */
export async function dispatchMessages(dispatch: MessageDispatch): Promise<TurnOutcome> {
  const [first] = dispatch.messages;
  const { conversationId, senderId } = first;
  const kind = kindOf(first);
  const files = await dispatch.loadFiles(dispatch.messages, dispatch.signal);
  return await runTurn({
    cfg: dispatch.cfg,
    channelId: CHANNEL_ID,
    channelLabel: CONVOS.label,
    accountId: dispatch.accountId,
    runtime: dispatch.runtime,
    message: toTurnMessage(dispatch.messages, files),
    sender: { id: senderId, name: describeSender(senderId, dispatch.senderName) },
    conversation: { kind, id: conversationId },
    to: formatConversationTarget(conversationId, kind),
    answerTag: senderId,
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
    typing: dispatch.typing,
    // The host takes the id of a direct conversation for the person's unless told better.
    ...(kind === "direct" ? { extra: { NativeDirectUserId: senderId } } : {}),
  });
}

/** Names are self-chosen and may be equal; the short id tells two people apart. */
function describeSender(senderId: string, name: string | undefined): string {
  const short = shortenId(senderId);
  return name === undefined || name === "" ? `member ${short}` : `${name} (${short})`;
}

function toTurnMessage(messages: Messages, { media, notices }: LoadedFiles): TurnMessage {
  const newest = messages.at(-1) ?? messages[0];
  const replyToId = messages.findLast((message) => message.replyToId !== undefined)?.replyToId;
  return {
    // The newest one stands for all, as OpenClaw has it: acknowledgments go to it.
    id: newest.messageId,
    timestampMs: newest.sentAtMs,
    text: [joinTexts(messages), ...notices].filter((line) => line !== "").join("\n"),
    ...(replyToId === undefined ? {} : { replyToId }),
    ...(media.length === 0 ? {} : { media: toInboundMediaFacts(media) }),
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
    peer: { kind: kindOf(reaction), id: reaction.conversationId },
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
