// The `message` tool on Gossip: reply, react, edit, unsend. Each goes through the account's outbox, once per call, and
// only to the conversation that the turn belongs to. A plain `send` takes OpenClaw's own durable path; it is only
// checked here.
import { createMessageActions, toPlainText, type CheckedCall } from "channel-kit";
import {
  jsonResult,
  readStringParam,
  ToolAuthorizationError,
} from "openclaw/plugin-sdk/channel-actions";
import type {
  ChannelMessageActionAdapter,
  ChannelMessageActionContext,
  ChannelMessageActionName,
} from "openclaw/plugin-sdk/channel-contract";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount, listGossipAccountIds } from "./accounts.ts";
import { GOSSIP } from "./config-schema.ts";
import { GossipChannelError } from "./errors.ts";
import { createMessageBody, isMessageId, type GossipMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { createReactionDesk, sendSignal } from "./reactions.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { formatGossipTarget, tryParseGossipId } from "./targets.ts";

/** `delete` is how the command line calls `unsend`. */
const HANDLED = ["reply", "react", "edit", "unsend", "delete"] as const;
type HandledAction = (typeof HANDLED)[number];

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

export const gossipActionsAdapter: ChannelMessageActionAdapter = {
  describeMessageTool: ({ cfg }) =>
    listGossipAccountIds(cfg).some((id) => resolveGossipAccount(cfg, id).enabled)
      ? { actions: ["send", "reply", "react", "edit", "unsend"] }
      : null,
  supportsAction: ({ action }) => action === "send" || isHandled(action),
  // The command line must not open the account's state; a turn of the agent is in the gateway already.
  resolveExecutionMode: ({ action }) => (isHandled(action) ? "gateway" : "local"),
  prepareSendPayload: ({ ctx, payload, to }) => {
    actions.guard(ctx, to);
    return payload;
  },
  extractToolSend: ({ args }) => {
    const to = tryParseGossipId(
      readStringParam(args, "to") ?? readStringParam(args, "target") ?? "",
    );
    if (to === undefined || (args["action"] !== "send" && args["action"] !== "reply")) return null;
    const accountId = args["accountId"];
    return {
      to: formatGossipTarget(to),
      ...(typeof accountId === "string" ? { accountId } : {}),
    };
  },
  handleAction: async (context) => {
    const { action } = context;
    if (!isHandled(action)) {
      throw new GossipChannelError("invalid_target", `gossip: there is no action ${action}`);
    }
    return jsonResult({ ok: true, ...(await perform(action, context, actions.check(context))) });
  },
};

function isHandled(action: ChannelMessageActionName): action is HandledAction {
  return HANDLED.some((known) => known === action);
}

async function perform(
  action: HandledAction,
  context: ChannelMessageActionContext,
  call: CheckedCall<LiveAccount>,
): Promise<Record<string, unknown>> {
  if (action === "reply") return await actions.reply(context, call);
  if (action === "react") return await actions.react(context, call);
  if (action === "edit") return await edit(context, call);
  return await unsend(context, call);
}

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
