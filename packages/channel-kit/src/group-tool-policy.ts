// Which tools a turn in a conversation may use: the host's own rules, and something safe where nobody wrote any.
import { resolveChannelGroupToolsPolicy } from "openclaw/plugin-sdk/channel-policy";
import type { ChannelPlugin, OpenClawConfig } from "openclaw/plugin-sdk/channel-core";

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

export interface GroupToolRules {
  readonly channelId: string;
  /** The one form of a conversation id; undefined for what is none. */
  readonly tryParseGroup: (text: string) => string | undefined;
  /** Whether this sender owns the bot. */
  readonly isOwner: (cfg: OpenClawConfig, senderId: string) => boolean;
}

/**
 * The rules of `groups.<id>.toolsBySender`, `groups.<id>.tools`, and the same of `*`, in the host's order; where none
 * matches, the owner has every tool that the agent has, and everybody else those that {@link DENIED_TO_OTHERS} leaves.
 */
export function createGroupToolPolicy({
  channelId,
  isOwner,
  tryParseGroup,
}: GroupToolRules): NonNullable<GroupAdapter["resolveToolPolicy"]> {
  return (context): ToolPolicy => {
    const { cfg, groupId, senderId, senderPolicyMode } = context;
    const configured = resolveChannelGroupToolsPolicy({
      ...context,
      channel: channelId,
      groupId: tryParseGroup(groupId ?? "") ?? groupId ?? null,
    });
    // "never": no person asked for this run, and whose authority it has was settled when it was scheduled.
    if (configured !== undefined || senderPolicyMode === "never") return configured;
    return isOwner(cfg, senderId ?? "") ? undefined : { deny: [...DENIED_TO_OTHERS] };
  };
}
