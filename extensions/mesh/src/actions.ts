// The `message` tool on the mesh: reply. A plain `send` takes OpenClaw's own durable path; it is only checked here.
import { createMessageActions } from "channel-kit";
import { jsonResult, readStringParam } from "openclaw/plugin-sdk/channel-actions";
import type { ChannelMessageActionAdapter } from "openclaw/plugin-sdk/channel-contract";
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { listMeshAccountIds, resolveMeshAccount } from "./accounts.ts";
import { MESH } from "./config-schema.ts";
import { MeshChannelError } from "./errors.ts";
import { createMessageBody, tryParseMessageId, type MeshMessageBody } from "./message-body.ts";
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
  toTextBody: ({ purpose, replyToId, text, to }) => ({
    ...createMessageBody(to, text, replyToId),
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

export const meshActionsAdapter: ChannelMessageActionAdapter = {
  describeMessageTool: ({ cfg }) =>
    listMeshAccountIds(cfg).some((id) => resolveMeshAccount(cfg, id).enabled)
      ? { actions: ["send", "reply"] }
      : null,
  supportsAction: ({ action }) => action === "send" || action === "reply",
  // The command line must not open the account's state; a turn of the agent is in the gateway already.
  resolveExecutionMode: ({ action }) => (action === "reply" ? "gateway" : "local"),
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
      to: formatTarget(target.id),
      ...(typeof accountId === "string" ? { accountId } : {}),
    };
  },
  handleAction: async (context) => {
    const { action } = context;
    if (action !== "reply") {
      throw new MeshChannelError("invalid_target", `mesh: there is no action ${action}`);
    }
    const call = actions.check(context);
    return jsonResult({ ok: true, ...(await actions.reply(context, call)) });
  },
};
