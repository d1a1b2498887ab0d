// Who stands on a list or among the approvals of an account, and who of them may write as the policy is now.
import {
  listContacts,
  listGroupMembers,
  type ApprovedSenders,
  type KnownContact,
} from "channel-access";
import type { GossipContext } from "./account-channel.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { getGossipRuntime } from "./runtime.ts";
import { tryParseGossipId } from "./targets.ts";

type ReadApproved = Pick<ApprovedSenders, "readAllowFromStore">;

/** Everybody the configuration and the host's approvals name for the account. */
export async function listKnownContacts(
  { account, cfg }: Pick<GossipContext, "account" | "cfg">,
  approvals: ReadApproved = getGossipRuntime().channel.pairing,
): Promise<KnownContact[]> {
  const { accountId, allowFrom, dmPolicy } = account;
  const approved = await approvals.readAllowFromStore({ channel: CHANNEL_ID, accountId });
  const owners = (cfg.commands?.ownerAllowFrom ?? []).map(String);
  const groupMembers = listGroupMembers(cfg, CHANNEL_ID, allowFrom);
  return listContacts({ dmPolicy, allowFrom, groupMembers, approved, owners }, tryParseGossipId);
}

/** Whom a restore finds again: those who may write. What lies idle is given nothing. */
export async function listWanted(
  context: Pick<GossipContext, "account" | "cfg">,
  approvals?: ReadApproved,
): Promise<ReadonlySet<string> | "everybody"> {
  if (context.account.dmPolicy === "open") return "everybody";
  const contacts = await listKnownContacts(context, approvals);
  return new Set(contacts.filter(({ isLetIn }) => isLetIn).map(({ senderId }) => senderId));
}

/** Why somebody who stands on a list may not write; undefined for who may. */
export function describeIdle(
  { isLetIn, sources }: Pick<KnownContact, "isLetIn" | "sources">,
  dmPolicy: string,
): string | undefined {
  if (isLetIn) return undefined;
  if (sources.includes("pairing")) return `approved, but the policy is ${dmPolicy}: not let in`;
  if (dmPolicy === "disabled") return "but the policy is disabled: not let in";
  return "but on no list: not let in";
}
