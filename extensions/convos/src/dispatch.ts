// Facts into the host: messages become a turn of the agent, reactions a line that its next turn reads.
import { runTurn, type TurnMessage, type TurnOptions, type TurnOutcome } from "channel-durability";
import { toTurnOptions, type TurnDispatch } from "channel-kit";
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

export interface MessageDispatch extends TurnDispatch<Messages> {
  /** How the sender calls himself, cleaned; the agent sees the short id beside it. */
  readonly senderName: string | undefined;
  /** Names the conversation's session once it got a third member. */
  readonly sessionThread: string | undefined;
  /** Opens the files that belong to the messages. */
  readonly loadFiles: (messages: Messages, signal: AbortSignal) => Promise<LoadedFiles>;
  readonly typing: NonNullable<TurnOptions["typing"]>;
}

/** Runs the agent's turn for messages. The final answer leaves through the message adapter, not through here. */
export async function dispatchMessages(dispatch: MessageDispatch): Promise<TurnOutcome> {
  const [first] = dispatch.messages;
  const { conversationId, senderId } = first;
  const kind = kindOf(first);
  const files = await dispatch.loadFiles(dispatch.messages, dispatch.signal);
  return await runTurn({
    ...toTurnOptions(dispatch),
    channelId: CHANNEL_ID,
    channelLabel: CONVOS.label,
    message: toTurnMessage(dispatch.messages, files),
    sender: { id: senderId, name: describeSender(senderId, dispatch.senderName) },
    conversation: { kind, id: conversationId },
    to: formatConversationTarget(conversationId, kind),
    answerTag: senderId,
    ...(dispatch.sessionThread === undefined ? {} : { sessionThread: dispatch.sessionThread }),
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
