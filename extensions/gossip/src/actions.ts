// The `message` tool on Gossip: reply, react, edit, unsend. Each goes through the account's outbox, once per call, and
// only to the conversation that the turn belongs to. A plain `send` takes OpenClaw's own durable path; it is only
// checked here.
import { randomUUID } from "node:crypto";
import { createConversationGuard } from "channel-access";
import type { SendHooks } from "channel-durability";
import { toPlainText } from "channel-kit";
import {
  jsonResult,
  readReactionParams,
  readStringParam,
  resolveReactionMessageId,
  ToolAuthorizationError,
} from "openclaw/plugin-sdk/channel-actions";
import type {
  ChannelMessageActionAdapter,
  ChannelMessageActionContext,
  ChannelMessageActionName,
} from "openclaw/plugin-sdk/channel-contract";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveGossipAccount, listGossipAccountIds } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError } from "./errors.ts";
import { createMessageBody, isMessageId } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { addReaction, removeReaction, sendSignal } from "./reactions.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { formatGossipTarget, tryParseGossipId } from "./targets.ts";

const MAX_EMOJI_BYTES = 32;

/** `delete` is how the command line calls `unsend`. */
const HANDLED = ["reply", "react", "edit", "unsend", "delete"] as const;
type HandledAction = (typeof HANDLED)[number];

const guard = createConversationGuard({
  channelId: CHANNEL_ID,
  normalizeTarget: (raw) => tryParseGossipId(raw),
});

/** What a call is about, checked: whose conversation, which running account, and who asks. */
interface CheckedCall {
  readonly account: LiveAccount;
  readonly to: string;
  readonly purpose: "message" | "operator";
  readonly hooks: SendHooks;
  /** The same for a call that is repeated with its key. */
  readonly queueId: string;
}

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
    guard(ctx, to);
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
    return jsonResult({ ok: true, ...(await perform(action, context, check(context))) });
  },
};

function isHandled(action: ChannelMessageActionName): action is HandledAction {
  return HANDLED.some((known) => known === action);
}

/** @throws ToolAuthorizationError for another person's conversation; GossipChannelError for what cannot be. */
function check(context: ChannelMessageActionContext): CheckedCall {
  const { accountId, action, gatewayClientScopes, params, toolContext } = context;
  const raw = readStringParam(params, "to") ?? readStringParam(params, "target");
  const target = raw ?? toolContext?.currentMessagingTarget ?? toolContext?.currentChannelId ?? "";
  const to = tryParseGossipId(target);
  if (to === undefined) {
    throw new GossipChannelError(
      "invalid_target",
      "gossip: the target is not a Gossip user id (gossip1 and 58 more characters)",
    );
  }
  guard(context, to);
  const account = findLiveAccount(accountId);
  if (account === undefined) {
    throw new GossipChannelError(
      "not_running",
      "gossip: the account is not running. See: openclaw channels status --probe",
    );
  }
  const isOperators = toolContext === undefined && (gatewayClientScopes ?? []).length > 0;
  return {
    account,
    to,
    purpose: isOperators ? "operator" : "message",
    hooks: pickHooks(context),
    // The key may come from the model. It must not find the message of another conversation, or another action.
    queueId: `action/${action}/${to}/${readStringParam(params, "idempotencyKey") ?? randomUUID()}`,
  };
}

function pickHooks(context: ChannelMessageActionContext): SendHooks {
  const { assertDirectAdapterHandoff, onPlatformSendDispatch } = context;
  return {
    ...(assertDirectAdapterHandoff === undefined ? {} : { assertDirectAdapterHandoff }),
    ...(onPlatformSendDispatch === undefined ? {} : { onPlatformSendDispatch }),
  };
}

async function perform(
  action: HandledAction,
  context: ChannelMessageActionContext,
  call: CheckedCall,
): Promise<Record<string, unknown>> {
  if (action === "reply") return await reply(context, call);
  if (action === "react") return await react(context, call);
  if (action === "edit") return await edit(context, call);
  return await unsend(context, call);
}

async function reply({ params, toolContext }: ChannelMessageActionContext, call: CheckedCall) {
  const { account, hooks, purpose, queueId, to } = call;
  const citedId = readMessageId(
    params["replyTo"] ?? params["messageId"] ?? toolContext?.currentMessageId,
  );
  assertInConversation(call, citedId);
  const text = toPlainText(readStringParam(params, "message", { required: true }));
  const pieces = splitText(text);
  const sent: string[] = [];
  for (const [partIndex, piece] of pieces.entries()) {
    const body = { ...createMessageBody(to, piece, partIndex === 0 ? citedId : null), purpose };
    const entry = {
      queueId,
      partIndex,
      partCount: pieces.length,
      target: to,
      body,
    };
    sent.push((await account.outbox.send(entry, hooks)).nativeId);
  }
  return { messageId: sent[0], messageIds: sent };
}

async function react({ params, toolContext }: ChannelMessageActionContext, call: CheckedCall) {
  const { account, hooks, purpose, to } = call;
  const { emoji, isEmpty, remove } = readReactionParams(params, {
    removeErrorMessage: "gossip: say which emoji to take back",
  });
  if (isEmpty || Buffer.byteLength(emoji) > MAX_EMOJI_BYTES) {
    throw new GossipChannelError("invalid_target", "gossip: a reaction is one emoji");
  }
  const citedId = readMessageId(
    resolveReactionMessageId({
      args: params,
      ...(toolContext === undefined ? {} : { toolContext }),
    }),
  );
  assertInConversation(call, citedId);
  const reaction = { purpose, to, citedId, emoji };
  if (remove) return { removed: await removeReaction(account.outbox, reaction, hooks) };
  return { added: emoji, messageId: await addReaction(account.outbox, reaction, hooks) };
}

async function edit({ params }: ChannelMessageActionContext, call: CheckedCall) {
  const { account, hooks, purpose, queueId, to } = call;
  const citedId = readMessageId(params["messageId"]);
  assertOurs(call, citedId);
  const text = toPlainText(readStringParam(params, "message", { required: true }));
  await sendSignal(
    account.outbox,
    { purpose, to, signal: "edit", citedId, text },
    { hooks, queueId },
  );
  return { messageId: citedId };
}

async function unsend({ params }: ChannelMessageActionContext, call: CheckedCall) {
  const { account, hooks, purpose, queueId, to } = call;
  const citedId = readMessageId(params["messageId"]);
  // Nobody need hear of a message that has not left.
  if (account.takeBack(to, citedId)) return { messageId: citedId, deleted: true };
  assertOurs(call, citedId);
  await sendSignal(account.outbox, { purpose, to, signal: "unsend", citedId }, { hooks, queueId });
  return { messageId: citedId, deleted: true };
}

function readMessageId(value: unknown): string {
  const id = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  if (isMessageId(id)) return id;
  throw new GossipChannelError(
    "unknown_message",
    "gossip: this needs a messageId of 24 hexadecimal characters",
  );
}

/** An id of another conversation means nothing here, and would tell that it exists there. */
function assertInConversation({ account, to }: CheckedCall, id: string): void {
  if (account.isOurs(to, id) || account.isTheirs(to, id)) return;
  throw new ToolAuthorizationError("gossip: no message with this id in this conversation");
}

function assertOurs({ account, to }: CheckedCall, id: string): void {
  if (account.isOurs(to, id)) return;
  throw new ToolAuthorizationError("gossip: no message of ours with this id in this conversation");
}
