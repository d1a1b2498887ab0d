// The `message` tool on Convos: reply and react. A plain `send` takes OpenClaw's own durable path; it is only checked here.
import { createActionsAdapter, createMessageActions } from "channel-kit";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import { CONVOS } from "./config-schema.ts";
import {
  createMessageBody,
  toAsker,
  tryParseMessageId,
  type ConvosMessageBody,
} from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { createReactionDesk } from "./reactions.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { formatConversationTarget, tryParseConversationId, tryParseTarget } from "./targets.ts";

const actions = createMessageActions<ConvosMessageBody, LiveAccount>({
  names: CONVOS,
  parseTarget: tryParseConversationId,
  targetHint: "a conversation id (32 hexadecimal characters)",
  parseMessageId: tryParseMessageId,
  messageIdHint: "a messageId of 64 hexadecimal characters",
  findAccount: findLiveAccount,
  splitText,
  toTextBody: ({ askedBy, purpose, replyToId, text, to }) => ({
    ...createMessageBody(to, text, replyToId),
    ...toAsker(askedBy),
    purpose,
  }),
  createDesk: createReactionDesk,
});

/** What the model has to know beyond the tool's own description. */
export const convosAgentPrompt: NonNullable<ChannelPlugin["agentPrompt"]> = {
  messageToolHints: () => [
    "Convos: messages are plain text on a phone; keep them short. Files up to 950 kB go out inside a message. Other " +
      "conversations are out of reach unless the owner asks.",
  ],
};

export const convosActionsAdapter = createActionsAdapter({
  channel: convosChannel,
  actions,
  offered: ["reply", "react"],
  handlers: { reply: actions.reply, react: actions.react },
  formatTarget: (text) => {
    const target = tryParseTarget(text);
    return target && formatConversationTarget(target.id, target.kind);
  },
});
