// Facts into the host: a message becomes a turn of the agent, anything else a line that its next turn reads.
import { runTurn, type TurnMessage, type TurnOptions, type TurnOutcome } from "channel-durability";
import type { OpenClawConfig, PluginRuntime } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelInboundRouteEnvelope } from "openclaw/plugin-sdk/channel-inbound";
import { CHANNEL_ID } from "./config-schema.ts";
import { describeNotice, type InboundMessage, type InboundNotice } from "./inbound.ts";
import { formatGossipTarget } from "./targets.ts";

export interface MessageDispatch {
  readonly message: InboundMessage;
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly runtime: TurnOptions["runtime"];
  readonly lifecycle: TurnOptions["lifecycle"];
  readonly resolveIngress: TurnOptions["resolveIngress"];
  /** Sends what the host wants seen before the final answer. */
  readonly sendEarly: (text: string) => Promise<{ readonly nativeId: string }[]>;
  readonly onError: TurnOptions["onError"];
}

/** Runs the agent's turn for one message. The final answer leaves through the message adapter, not through here. */
export function dispatchMessage(dispatch: MessageDispatch): Promise<TurnOutcome> {
  const { message } = dispatch;
  return runTurn({
    cfg: dispatch.cfg,
    channelId: CHANNEL_ID,
    channelLabel: "Gossip",
    accountId: dispatch.accountId,
    runtime: dispatch.runtime,
    message: toTurnMessage(message),
    sender: { id: message.peer },
    conversation: { kind: "direct", id: message.peer },
    to: formatGossipTarget(message.peer),
    resolveIngress: dispatch.resolveIngress,
    lifecycle: dispatch.lifecycle,
    deliver: async (payload) => {
      const text = payload.text ?? "";
      if (text.trim() === "") return { visibleReplySent: false };
      const sent = await dispatch.sendEarly(text);
      return { messageIds: sent.map(({ nativeId }) => nativeId), visibleReplySent: true };
    },
    onError: dispatch.onError,
  });
}

function toTurnMessage(message: InboundMessage): TurnMessage {
  const { forwarded } = message;
  return {
    id: message.messageId,
    timestampMs: message.sentAtMs,
    // The forwarded text is not the sender's: commands in it are not run, so it travels beside the text.
    text: message.text === "" && forwarded !== undefined ? "(forwarded a message)" : message.text,
    ...(message.replyToId === undefined ? {} : { replyToId: message.replyToId }),
    ...(forwarded === undefined
      ? {}
      : {
          supplemental: {
            channelStructuredContext: [
              {
                label: "Message forwarded by the sender",
                source: CHANNEL_ID,
                type: "forward",
                payload: {
                  author_claimed_by_sender: forwarded.author,
                  author_verified: false,
                  text: forwarded.text,
                },
              },
            ],
          },
        }),
  };
}

export interface NoticeDispatch {
  readonly notice: InboundNotice;
  readonly cfg: OpenClawConfig;
  readonly accountId: string;
  readonly system: Pick<PluginRuntime["system"], "enqueueSystemEvent">;
}

/** Leaves a line for the agent's next turn in this conversation. The host keeps at most twenty, in memory. */
export function dispatchNotice({ notice, cfg, accountId, system }: NoticeDispatch): void {
  const { route } = resolveChannelInboundRouteEnvelope({
    cfg,
    channel: CHANNEL_ID,
    accountId,
    peer: { kind: "direct", id: notice.peer },
  });
  system.enqueueSystemEvent(describeNotice(notice), {
    sessionKey: route.sessionKey,
    contextKey: `${CHANNEL_ID}:${notice.key}`,
  });
}
