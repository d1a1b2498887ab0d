// The `message` tool on Convos: reply and react. A plain `send` takes OpenClaw's own durable path; it is only checked here.
import { createMessageActions } from "channel-kit";
import { jsonResult, readStringParam } from "openclaw/plugin-sdk/channel-actions";
import type {
  ChannelMessageActionAdapter,
  ChannelMessageActionName,
} from "openclaw/plugin-sdk/channel-contract";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { listConvosAccountIds, resolveConvosAccount } from "./accounts.ts";
import { CONVOS } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { createMessageBody, tryParseMessageId, type ConvosMessageBody } from "./message-body.ts";
import { splitText } from "./plain-text.ts";
import { createReactionDesk } from "./reactions.ts";
import { findLiveAccount, type LiveAccount } from "./runtime.ts";
import { formatConversationTarget, tryParseConversationId, tryParseTarget } from "./targets.ts";

const HANDLED = ["reply", "react"] as const;
type HandledAction = (typeof HANDLED)[number];

const actions = createMessageActions<ConvosMessageBody, LiveAccount>({
  names: CONVOS,
  parseTarget: tryParseConversationId,
  targetHint: "a conversation id (32 hexadecimal characters)",
  parseMessageId: tryParseMessageId,
  messageIdHint: "a messageId of 64 hexadecimal characters",
  findAccount: findLiveAccount,
  splitText,
  toTextBody: ({ purpose, replyToId, text, to }) => ({
    ...createMessageBody(to, text, replyToId),
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

export const convosActionsAdapter: ChannelMessageActionAdapter = {
  describeMessageTool: ({ cfg }) =>
    listConvosAccountIds(cfg).some((id) => resolveConvosAccount(cfg, id).enabled)
      ? { actions: ["send", "reply", "react"] }
      : null,
  supportsAction: ({ action }) => action === "send" || isHandled(action),
  // The command line must not open the account's state; a turn of the agent is in the gateway already.
  resolveExecutionMode: ({ action }) => (isHandled(action) ? "gateway" : "local"),
  prepareSendPayload: ({ ctx, payload, to }) => {
    actions.guard(ctx, to);
    return payload;
  },
  extractToolSend: ({ args }) => {
    const target = tryParseTarget(
      readStringParam(args, "to") ?? readStringParam(args, "target") ?? "",
    );
    if (target === undefined || (args["action"] !== "send" && args["action"] !== "reply")) {
      return null;
    }
    const accountId = args["accountId"];
    return {
      to: formatConversationTarget(target.id, target.kind),
      ...(typeof accountId === "string" ? { accountId } : {}),
    };
  },
  handleAction: async (context) => {
    const { action } = context;
    if (!isHandled(action)) {
      throw new ConvosChannelError("invalid_target", `convos: there is no action ${action}`);
    }
    const call = actions.check(context);
    return jsonResult({ ok: true, ...(await actions[action](context, call)) });
  },
};

function isHandled(action: ChannelMessageActionName): action is HandledAction {
  return HANDLED.some((known) => known === action);
}
