// Where a turn may act. The host confines reading actions (react, edit, unsend, ...) of an external channel to the
// conversation of the turn by itself; sends and replies it lets go anywhere unless configured otherwise. Here both hold
// to the same rule: a person's turn stays in that person's conversation.
import { normalizeAccountId } from "openclaw/plugin-sdk/account-id";
import { resolveAgentConfig } from "openclaw/plugin-sdk/agent-scope-runtime";
import { ToolAuthorizationError } from "openclaw/plugin-sdk/channel-actions";
import type { ChannelMessageActionContext } from "openclaw/plugin-sdk/channel-contract";

/** The facts of a message action that the host vouches for; nothing of it comes from the model. */
export type ActionFacts = Pick<
  ChannelMessageActionContext,
  | "accountId"
  | "action"
  | "agentId"
  | "cfg"
  | "requesterAccountId"
  | "requesterSenderId"
  | "senderIsOwner"
  | "toolContext"
>;

export interface ConversationGuardOptions {
  readonly channelId: string;
  /** One form per conversation; `undefined` for what is no target. */
  readonly normalizeTarget: (raw: string) => string | undefined;
}

/**
 * Makes the check that a message action passes before anything is sent.
 *
 * Let through: the conversation of the turn; a turn of the owner; what no person's turn asked for (the operator's own
 * command, a schedule); and what the operator allowed by setting `tools.message.crossContext.allowWithinProvider` (or
 * `allowAcrossProviders`, for turns of other channels) to `true`. The host takes both for true when they are not set;
 * here only the operator's own word counts, because the people in a private channel do not know each other.
 *
 * @returns A function that throws the host's `ToolAuthorizationError` for everything else.
 */
export function createConversationGuard(
  options: ConversationGuardOptions,
): (facts: ActionFacts, target: string) => void {
  return (facts, target) => {
    if (facts.senderIsOwner === true || !isPersonsTurn(facts)) return;
    if (isOwnConversation(options, facts, target) || isAllowedByOperator(options, facts)) return;
    throw new ToolAuthorizationError(
      `${options.channelId}: ${facts.action} is confined to the conversation of this turn. The operator can allow ` +
        "others with tools.message.crossContext.allowWithinProvider: true",
    );
  };
}

/** A heartbeat in somebody's conversation counts too: what they wrote speaks in it. */
function isPersonsTurn({ requesterSenderId, toolContext }: ActionFacts): boolean {
  return (
    (requesterSenderId ?? "").trim() !== "" || toolContext?.currentChannelProvider !== undefined
  );
}

function isOwnConversation(
  { channelId, normalizeTarget }: ConversationGuardOptions,
  { accountId, requesterAccountId, toolContext }: ActionFacts,
  target: string,
): boolean {
  if (toolContext?.currentChannelProvider !== channelId) return false;
  // The same person may talk to several accounts; each is a conversation of its own.
  const isSameAccount =
    typeof requesterAccountId !== "string" ||
    normalizeAccountId(requesterAccountId) === normalizeAccountId(accountId ?? undefined);
  const wanted = normalizeTarget(target);
  const current = [toolContext.currentMessagingTarget, toolContext.currentChannelId]
    .filter((value) => value !== undefined)
    .map((value) => normalizeTarget(value));
  return (
    isSameAccount &&
    wanted !== undefined &&
    current.length > 0 &&
    current.every((value) => value === wanted)
  );
}

function isAllowedByOperator(
  { channelId }: ConversationGuardOptions,
  { agentId, cfg, toolContext }: ActionFacts,
): boolean {
  const rules = {
    ...cfg.tools?.message?.crossContext,
    ...(typeof agentId === "string"
      ? resolveAgentConfig(cfg, agentId)?.tools?.message?.crossContext
      : undefined),
  };
  return toolContext?.currentChannelProvider === undefined ||
    toolContext.currentChannelProvider === channelId
    ? rules.allowWithinProvider === true
    : rules.allowAcrossProviders === true;
}
