import { isOwned } from "channel-kit/cold";
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
  const rules = {
    channel,
    who: "people",
    tryParseId: tryParseInboxId,
    describeNoOwner,
    // Who writes directly may have another inbox id there: then the one that was approved is not the owner's.
    confirmedWhen: "that is your inbox id in the owner conversation",
  };
  return await inspectRunning(rules, cfg, readApproved);
}

/**
 * OpenClaw makes the first person owner whom `openclaw pairing approve` lets in. Once it has an owner of another channel, it
 * still listens to nobody in the owner conversation.
 */
function describeNoOwner(
  cfg: OpenClawConfig,
  {
    dmPolicy,
    ownerConversationId,
  }: Pick<ResolvedConvosAccount, "dmPolicy" | "ownerConversationId">,
  command: string,
): Pick<Finding, "fix" | "message"> | undefined {
  if (!isOwned(cfg) && dmPolicy === "pairing") {
    return {
      message:
        "nobody owns this OpenClaw yet: it makes the first person owner whom `openclaw pairing approve` lets in, with all commands. " +
        "In the owner conversation the agent listens to nobody.",
      fix: `${command}, before the first approval`,
    };
  }
  const hasOwner = listOwners(cfg, tryParseInboxId).length > 0;
  if (ownerConversationId === undefined || hasOwner) return undefined;
  return {
    message: "nobody is the owner, so the agent listens to nobody in the owner conversation.",
    fix: command,
  };
}
