// The `message` tool on the mesh: reply. A plain `send` takes OpenClaw's own durable path; it is only checked here.
import { createActionsAdapter, createMessageActions } from "channel-kit";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { meshChannel } from "./account-channel.ts";
import { MESH } from "./config-schema.ts";
import {
  createMessageBody,
  toAsker,
  tryParseMessageId,
  type MeshMessageBody,
} from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { formatTarget, tryParseTarget } from "./targets.ts";

const actions = createMessageActions<MeshMessageBody, LiveAccount>({
  names: MESH,
  parseTarget: (text) => tryParseTarget(text)?.id,
  targetHint: "a peer id (43 characters) or the id of a channel",
  parseMessageId: tryParseMessageId,
  messageIdHint: "the messageId of a message in this conversation",
  findAccount: findLiveAccount,
  splitText,
  toTextBody: ({ askedBy, purpose, replyToId, text, to }) => ({
    ...createMessageBody(to, text, replyToId),
    ...toAsker(to, askedBy),
    purpose,
  }),
});

/** What the model has to know beyond the tool's own description. */
export const meshAgentPrompt: NonNullable<ChannelPlugin["agentPrompt"]> = {
  messageToolHints: () => [
    "Mesh: nearly everybody here is a bot. A target is a peer id or the id of a channel. Do not answer a message that needs " +
      "no answer. Files up to 128 KiB go out inside a message. Other conversations are out of reach unless the owner asks.",
  ],
};

export const meshActionsAdapter = createActionsAdapter({
  channel: meshChannel,
  actions,
  offered: ["reply"],
  handlers: { reply: actions.reply },
  formatTarget: (text) => {
    const target = tryParseTarget(text);
    return target && formatTarget(target.id);
  },
});
