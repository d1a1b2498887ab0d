// Which tools a turn in a conversation may use: the host's own rules, and something safe where nobody wrote any.
import type { ChannelPlugin } from "openclaw/plugin-sdk/channel-core";
import { resolveChannelGroupToolsPolicy } from "openclaw/plugin-sdk/channel-policy";
import { listOwners } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { tryParseConversationId, tryParseInboxId } from "./targets.ts";

type GroupAdapter = NonNullable<ChannelPlugin["groups"]>;
type ToolPolicy = ReturnType<NonNullable<GroupAdapter["resolveToolPolicy"]>>;

/**
 * What others than the owner may not have done for them unless the operator allows it: run programs, touch files and
 * memory, act in other conversations, on devices, or on this OpenClaw itself.
 */
export const DENIED_TO_OTHERS = [
  "group:runtime",
  "group:fs",
  "group:memory",
  "group:sessions",
  "group:automation",
  "group:nodes",
  "group:ui",
];

/**
 * The rules of `groups.<id>.toolsBySender`, `groups.<id>.tools`, and the same of `*`, in the host's order; where none
 * matches, the owner has every tool that the agent has, and everybody else those that {@link DENIED_TO_OTHERS} leaves.
 */
export const resolveToolPolicy: NonNullable<GroupAdapter["resolveToolPolicy"]> = (
  context,
): ToolPolicy => {
  const { cfg, groupId, senderId, senderPolicyMode } = context;
  const configured = resolveChannelGroupToolsPolicy({
    ...context,
    channel: CHANNEL_ID,
    groupId: tryParseConversationId(groupId ?? "") ?? groupId ?? null,
  });
  // "never": no person asked for this run, and whose authority it has was settled when it was scheduled.
  if (configured !== undefined || senderPolicyMode === "never") return configured;
  const sender = tryParseInboxId(senderId ?? "");
  const isOwner = sender !== undefined && listOwners(cfg, tryParseInboxId).includes(sender);
  return isOwner ? undefined : { deny: [...DENIED_TO_OTHERS] };
};
