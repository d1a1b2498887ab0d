// Facts into the host: messages become a turn of the agent, anything else a line that its next turn reads.
import { runTurn, type TurnMessage, type TurnOutcome } from "channel-durability";
import { toTurnOptions, type TurnDispatch } from "channel-kit";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { CHANNEL_ID } from "./config-schema.ts";
import { describeNotice, type InboundNotice } from "./inbound.ts";
import { joinTexts, type Messages } from "./join-messages.ts";
import { formatGossipTarget, shortenGossipId } from "./targets.ts";

export type MessageDispatch = TurnDispatch<Messages>;

/** Runs the agent's turn for messages. The final answer leaves through the message adapter, not through here. */
export function dispatchMessages(dispatch: MessageDispatch): Promise<TurnOutcome> {
  const [{ peer }] = dispatch.messages;
  return runTurn({
    ...toTurnOptions(dispatch),
    channelId: CHANNEL_ID,
    channelLabel: "Gossip",
    message: toTurnMessage(dispatch.messages),
    sender: { id: peer },
    conversation: { kind: "direct", id: peer },
    to: formatGossipTarget(peer),
  });
}

function toTurnMessage(messages: Messages): TurnMessage {
  const newest = messages.at(-1) ?? messages[0];
  const replyToId = messages.findLast((message) => message.replyToId !== undefined)?.replyToId;
  const forwarded = messages.flatMap((message) => message.forwarded ?? []);
  return {
    // The newest one stands for all, as OpenClaw has it: acknowledgments go to it.
    id: newest.messageId,
    timestampMs: newest.sentAtMs,
    text: joinTexts(messages),
    ...(replyToId === undefined ? {} : { replyToId }),
    ...(forwarded.length === 0
      ? {}
      : {
          supplemental: {
            channelStructuredContext: forwarded.map(({ author, text }) => ({
              label: "Message forwarded by the sender",
              source: CHANNEL_ID,
              type: "forward",
              payload: { author_claimed_by_sender: author, author_verified: false, text },
            })),
          },
        }),
  };
}

export interface NoticeDispatch {
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
}

/** Leaves a line for the agent's next turn in this conversation. The host keeps at most twenty, in memory. */
export function dispatchNotice(notice: InboundNotice, dispatch: NoticeDispatch): void {
  leaveLine(notice.peer, describeNotice(notice), notice.key, dispatch);
}

/** Says how many notices the agent was not shown, for the turn about to begin. */
export function dispatchLeftOut(peer: string, count: number, dispatch: NoticeDispatch): void {
  const text = `Gossip user ${shortenGossipId(peer)} caused ${count} more reactions, edits or deletions, not shown`;
  leaveLine(peer, text, `left-out:${shortenGossipId(peer)}`, dispatch);
}

function leaveLine(peer: string, text: string, key: string, dispatch: NoticeDispatch): void {
  const { accountId, cfg, system } = dispatch;
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId,
    peer: { kind: "direct", id: peer },
  });
  system.enqueueSystemEvent(text, {
    sessionKey: route.sessionKey,
    contextKey: `${CHANNEL_ID}:${key}`,
  });
}
