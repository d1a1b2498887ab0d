// Findings about people: nobody is owner, or those who write directly share a conversation with the agent.
import { listGroupMembers } from "channel-access/cold";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import type { Finding } from "./doctor-finding.ts";
import { ChannelKitError } from "./errors.ts";
import { recommendScope } from "./session-scope.ts";

/** Senders approved by pairing for an account. */
export type ReadApproved = (accountId: string) => Promise<readonly string[]>;

interface DirectAccount extends ChannelAccount {
  readonly dmPolicy: string;
  readonly allowFrom: readonly string[];
}

export interface PeopleRules<TAccount extends DirectAccount> {
  readonly channel: AccountChannel<TAccount>;
  /** Who writes to the bot, e.g. `people`. */
  readonly who: string;
  readonly tryParseId: (entry: string) => string | undefined;
  /** What is missing while nobody is owner; undefined when nothing is. */
  readonly describeNoOwner: (
    cfg: OpenClawConfig,
    account: TAccount,
    command: string,
  ) => Pick<Finding, "fix" | "message"> | undefined;
}

/** Looks at the accounts that run. A configuration that is none is left to the host. */
export async function inspectRunning<TAccount extends DirectAccount>(
  rules: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  readApproved: ReadApproved = (accountId) => readApprovedSenders(rules.channel.id, accountId),
): Promise<Finding[]> {
  const { listAccountIds, resolveAccount } = rules.channel;
  try {
    const findings: Finding[] = [];
    for (const accountId of listAccountIds(cfg)) {
      const account = resolveAccount(cfg, accountId);
      if (!account.enabled) continue;
      findings.push(...inspectOwner(rules, cfg, account));
      findings.push(...(await inspectScope(rules, cfg, account, readApproved)));
    }
    return findings;
  } catch (error) {
    if (error instanceof ChannelKitError) return [];
    throw error;
  }
}

function inspectOwner<TAccount extends DirectAccount>(
  { channel: { id }, describeNoOwner }: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  account: TAccount,
): Finding[] {
  const { accountId } = account;
  const option = accountId === "default" ? "" : ` --account ${accountId}`;
  const found = describeNoOwner(cfg, account, `openclaw ${id} owner${option}`);
  return found === undefined ? [] : [{ id: `${id}.no-owner`, accountId, ...found }];
}

/** Where many are together everybody reads everything anyway; who writes directly counts on being alone. */
async function inspectScope<TAccount extends DirectAccount>(
  { channel, tryParseId, who }: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  { accountId, allowFrom, dmPolicy }: TAccount,
  readApproved: ReadApproved,
): Promise<Finding[]> {
  const scope = cfg.session?.dmScope ?? "main";
  if (scope !== "main" || dmPolicy === "disabled") return [];
  const approved = dmPolicy === "pairing" ? await readApproved(accountId) : [];
  const members = listGroupMembers(cfg, channel.id, allowFrom);
  const known = new Set([...allowFrom, ...members, ...approved].map((entry) => tryParseId(entry)));
  known.delete(undefined);
  if (dmPolicy !== "open" && known.size < 2) return [];
  return [
    {
      id: `${channel.id}.dm-scope`,
      accountId,
      message: `several ${who} may write directly and all of them share one conversation with the agent: each can ask for what others said.`,
      fix: `openclaw config set session.dmScope ${recommendScope(channel, cfg)}`,
    },
  ];
}

/** Loaded when it is asked: half a second that no other command has to pay. */
export async function readApprovedSenders(
  channelId: string,
  accountId: string,
): Promise<readonly string[]> {
  const { readChannelAllowFromStore } = await import("openclaw/plugin-sdk/channel-pairing");
  return await readChannelAllowFromStore(channelId, process.env, accountId);
}
