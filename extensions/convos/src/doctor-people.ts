import { inspectRunning, type Finding, type ReadApproved } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import { listOwners, type ResolvedConvosAccount } from "./accounts.ts";
import { tryParseInboxId } from "./targets.ts";

/** Findings about people, see {@link inspectRunning}. */
export async function inspectPeople(
  cfg: OpenClawConfig,
  readApproved?: ReadApproved,
): Promise<Finding[]> {
  const channel = convosChannel;
  const rules = { channel, who: "people", tryParseId: tryParseInboxId, describeNoOwner };
  return await inspectRunning(rules, cfg, readApproved);
}

/** Somebody joined a conversation with the bot, and it listens to nobody there. */
function describeNoOwner(
  cfg: OpenClawConfig,
  { ownerConversationId }: Pick<ResolvedConvosAccount, "ownerConversationId">,
  command: string,
): Pick<Finding, "fix" | "message"> | undefined {
  const hasOwner = listOwners(cfg, tryParseInboxId).length > 0;
  if (ownerConversationId === undefined || hasOwner) return undefined;
  return {
    message: "nobody is the owner, so the agent listens to nobody in the owner conversation.",
    fix: command,
  };
}
