// The `message` tool on Gossip: reply, react, edit, unsend. Each goes through the account's outbox, once per call, and
// only to the conversation that the turn belongs to. A plain `send` takes OpenClaw's own durable path; it is only
// checked here.
import {
  createActionsAdapter,
  createMessageActions,
  toPlainText,
  type CheckedCall,
} from "channel-kit";
import { readStringParam, ToolAuthorizationError } from "openclaw/plugin-sdk/channel-actions";
import type { ChannelMessageActionContext } from "openclaw/plugin-sdk/channel-contract";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import { GOSSIP } from "./config-schema.ts";
import { createMessageBody, isMessageId, type GossipMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { createReactionDesk, sendSignal } from "./reactions.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { formatGossipTarget, tryParseGossipId } from "./targets.ts";

const actions = createMessageActions<GossipMessageBody, LiveAccount>({
  names: GOSSIP,
  parseTarget: tryParseGossipId,
  targetHint: "a Gossip user id (gossip1 and 58 more characters)",
  parseMessageId: (text) => (isMessageId(text) ? text : undefined),
  messageIdHint: "a messageId of 24 hexadecimal characters",
  findAccount: findLiveAccount,
  splitText,
  toTextBody: ({ purpose, replyToId, text, to }) => ({
    ...createMessageBody(to, text, replyToId),
    purpose,
  }),
  createDesk: createReactionDesk,
});

/** What the model has to know beyond the tool's own description. */
export const gossipAgentPrompt: NonNullable<ChannelPlugin["agentPrompt"]> = {
  messageToolHints: () => [
    "Gossip: edit and unsend work on your own messages only and need both `target` (the user id of this conversation) " +
      "and `messageId`. Other conversations are out of reach unless the owner asks.",
  ],
};

export const gossipActionsAdapter = createActionsAdapter({
  channel: gossipChannel,
  actions,
  offered: ["reply", "react", "edit", "unsend"],
  handlers: {
    reply: actions.reply,
    react: actions.react,
    edit,
    unsend,
    // How the command line calls it.
    delete: unsend,
  },
  formatTarget: (text) => {
    const id = tryParseGossipId(text);
    return id && formatGossipTarget(id);
  },
});

async function edit({ params }: ChannelMessageActionContext, call: CheckedCall<LiveAccount>) {
  const { account, hooks, purpose, queueId, to } = call;
  const citedId = actions.readMessageId(params["messageId"]);
  assertOurs(call, citedId);
  const text = toPlainText(readStringParam(params, "message", { required: true }));
  await sendSignal(
    account.outbox,
    { purpose, to, signal: "edit", citedId, text },
    { hooks, queueId },
  );
  return { messageId: citedId };
}

async function unsend({ params }: ChannelMessageActionContext, call: CheckedCall<LiveAccount>) {
  const { account, hooks, purpose, queueId, to } = call;
  const citedId = actions.readMessageId(params["messageId"]);
  // Nobody need hear of a message that has not left.
  if (account.takeBack(to, citedId)) return { messageId: citedId, deleted: true };
  assertOurs(call, citedId);
  await sendSignal(account.outbox, { purpose, to, signal: "unsend", citedId }, { hooks, queueId });
  return { messageId: citedId, deleted: true };
}

function assertOurs({ account, to }: CheckedCall<LiveAccount>, id: string): void {
  if (account.isOurs(to, id)) return;
  throw new ToolAuthorizationError("gossip: no message of ours with this id in this conversation");
}
