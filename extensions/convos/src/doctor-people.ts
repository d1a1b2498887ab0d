// Findings about people: nobody is owner, or people who write directly share a conversation with the agent.
import { recommendScope, type Finding } from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { convosChannel } from "./account-channel.ts";
import { listConvosAccountIds, listOwners, resolveConvosAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { ConvosChannelError } from "./errors.ts";
import { tryParseInboxId } from "./targets.ts";

/** Senders approved by pairing for an account. */
export type ReadApproved = (accountId: string) => Promise<readonly string[]>;

/** Looks at the accounts that run. A configuration that is none is left to the host. */
export async function inspectPeople(
  cfg: OpenClawConfig,
  readApproved: ReadApproved = readFromHost,
): Promise<Finding[]> {
  try {
    const running = listConvosAccountIds(cfg).filter(
      (accountId) => resolveConvosAccount(cfg, accountId).enabled,
    );
    const findings: Finding[] = [];
    for (const accountId of running) {
      findings.push(...inspectOwner(cfg, accountId));
      findings.push(...(await inspectScope(cfg, accountId, readApproved)));
    }
    return findings;
  } catch (error) {
    if (error instanceof ConvosChannelError) return [];
    throw error;
  }
}

/** Somebody joined a conversation with the bot, and it listens to nobody there. */
function inspectOwner(cfg: OpenClawConfig, accountId: string): Finding[] {
  const { ownerConversationId } = resolveConvosAccount(cfg, accountId);
  if (ownerConversationId === undefined || listOwners(cfg, tryParseInboxId).length > 0) return [];
  return [
    {
      id: "convos.no-owner",
      accountId,
      message: "nobody is the owner, so the agent listens to nobody in the owner conversation.",
      fix: `openclaw convos owner${accountId === "default" ? "" : ` --account ${accountId}`}`,
    },
  ];
}

/** In a conversation everybody reads everything anyway; who writes directly counts on being alone. */
async function inspectScope(
  cfg: OpenClawConfig,
  accountId: string,
  readApproved: ReadApproved,
): Promise<Finding[]> {
  const scope = cfg.session?.dmScope ?? "main";
  const { allowFrom, dmPolicy } = resolveConvosAccount(cfg, accountId);
  if (scope !== "main" || dmPolicy === "disabled") return [];
  const approved = dmPolicy === "pairing" ? await readApproved(accountId) : [];
  const people = new Set([...allowFrom, ...approved].map((entry) => tryParseInboxId(entry)));
  people.delete(undefined);
  if (dmPolicy !== "open" && people.size < 2) return [];
  return [
    {
      id: "convos.dm-scope",
      accountId,
      message:
        "several people may write directly and all of them share one conversation with the agent: each can ask for what others said.",
      fix: `openclaw config set session.dmScope ${recommendScope(convosChannel, cfg)}`,
    },
  ];
}

/** Loaded when it is asked: half a second that no other command has to pay. */
const readFromHost: ReadApproved = async (accountId) => {
  const { readChannelAllowFromStore } = await import("openclaw/plugin-sdk/channel-pairing");
  return await readChannelAllowFromStore(CHANNEL_ID, process.env, accountId);
};
