// Findings about people: nobody is owner, somebody is who has not proven it, or those who write directly share a
// conversation with the agent.
import { listGroupMembers } from "channel-access/lists";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import type { AccountChannel, ChannelAccount } from "./account-channel.ts";
import type { Finding } from "./doctor-finding.ts";
import { ChannelKitError } from "./errors.ts";
import { listOwners } from "./owner-grant.ts";
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
  /** When the handshake confirms an owner whom an approval made; default: `that is you`. */
  readonly confirmedWhen?: string;
}

/** Who may write to an account, in canonical ids. */
interface AccountPeople {
  readonly accountId: string;
  readonly listed: readonly string[];
  /** By pairing, while that is the policy. */
  readonly approved: readonly string[];
}

/** Looks at the accounts that run. A configuration that is none is left to the host. */
export async function inspectRunning<TAccount extends DirectAccount>(
  rules: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  readApproved: ReadApproved = (accountId) => readApprovedSenders(rules.channel.id, accountId),
): Promise<Finding[]> {
  const { listAccountIds, resolveAccount } = rules.channel;
  try {
    const running = listAccountIds(cfg)
      .map((accountId) => resolveAccount(cfg, accountId))
      .filter(({ enabled }) => enabled);
    const findings: Finding[] = [];
    const people: AccountPeople[] = [];
    for (const account of running) {
      const own = await listPeople(rules, cfg, account, readApproved);
      people.push(own);
      findings.push(
        ...inspectOwner(rules, cfg, account),
        ...inspectScope(rules, cfg, account, own),
      );
    }
    return [...findings, ...findUnprovenOwners(rules, cfg, people)];
  } catch (error) {
    if (error instanceof ChannelKitError) return [];
    throw error;
  }
}

async function listPeople<TAccount extends DirectAccount>(
  { channel, tryParseId }: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  { accountId, allowFrom, dmPolicy }: TAccount,
  readApproved: ReadApproved,
): Promise<AccountPeople> {
  const approved = dmPolicy === "pairing" ? await readApproved(accountId) : [];
  const toIds = (entries: readonly string[]): string[] =>
    entries.map((entry) => tryParseId(entry)).filter((id) => id !== undefined);
  const listed = [...allowFrom, ...listGroupMembers(cfg, channel.id, allowFrom)];
  return { accountId, listed: toIds(listed), approved: toIds(approved) };
}

function inspectOwner<TAccount extends DirectAccount>(
  { channel: { id }, describeNoOwner }: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  account: TAccount,
): Finding[] {
  const { accountId } = account;
  const found = describeNoOwner(cfg, account, ownerCommand(id, accountId));
  return found === undefined ? [] : [{ id: `${id}.no-owner`, accountId, ...found }];
}

/**
 * OpenClaw makes the first person owner whom `openclaw pairing approve` lets in, without asking. Such an owner is told by
 * the lists: approved, and on none of them, where the handshake puts whoever has proven it.
 */
export function findUnprovenOwners(
  {
    channel,
    confirmedWhen = "that is you",
    tryParseId,
  }: {
    readonly channel: Pick<AccountChannel, "id" | "shortenId">;
    readonly confirmedWhen?: string;
    readonly tryParseId: (entry: string) => string | undefined;
  },
  cfg: OpenClawConfig,
  accounts: readonly AccountPeople[],
): Finding[] {
  const owners = listOwners(cfg, tryParseId).filter(
    (id) => !accounts.some(({ listed }) => listed.includes(id)),
  );
  const without = (id: string): string[] =>
    (cfg.commands?.ownerAllowFrom ?? []).map(String).filter((entry) => tryParseId(entry) !== id);
  return accounts.flatMap(({ accountId, approved }) =>
    owners
      .filter((id) => approved.includes(id))
      .map((id) => ({
        id: `${channel.id}.owner-unproven`,
        accountId,
        message: `${channel.shortenId(id)} is owner of this OpenClaw, with all commands, because of an approval; nobody confirmed that it is you.`,
        fix:
          `if ${confirmedWhen}: ${ownerCommand(channel.id, accountId)}. If not: ` +
          `openclaw config set commands.ownerAllowFrom '${JSON.stringify(without(id))}'`,
      })),
  );
}

function ownerCommand(channelId: string, accountId: string): string {
  return `openclaw ${channelId} owner${accountId === "default" ? "" : ` --account ${accountId}`}`;
}

/** Where many are together everybody reads everything anyway; who writes directly counts on being alone. */
function inspectScope<TAccount extends DirectAccount>(
  { channel, who }: PeopleRules<TAccount>,
  cfg: OpenClawConfig,
  { accountId, dmPolicy }: TAccount,
  { approved, listed }: AccountPeople,
): Finding[] {
  const scope = cfg.session?.dmScope ?? "main";
  if (scope !== "main" || dmPolicy === "disabled") return [];
  const known = new Set([...listed, ...approved]);
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
