// Findings about people: who owns the bot without having proven it, and who shares a conversation with the agent.
import { listGroupMembers } from "channel-access/lists";
import { isOwned } from "channel-kit/cold";
import {
  findUnprovenOwners,
  readApprovedSenders,
  recommendScope,
  type Finding,
} from "channel-kit/terminal";
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { gossipChannel } from "./account-channel.ts";
import { listGossipAccountIds, resolveGossipAccount } from "./accounts.ts";
import { CHANNEL_ID } from "./config-schema.ts";
import { GossipChannelError } from "./errors.ts";
import { tryParseGossipId } from "./targets.ts";

/** What the host knows and the configuration does not say. */
export interface PeopleSource {
  /** Senders approved by pairing for an account. */
  readApproved(accountId: string): Promise<readonly string[]>;
  /** Where a person's messages to an account go; undefined when the host finds no agent for them, which it says itself. */
  findSession(
    cfg: OpenClawConfig,
    accountId: string,
    userId: string,
  ): Promise<FoundSession | undefined>;
}

interface FoundSession {
  readonly sessionKey: string;
  /** The same for two ids that the operator linked as one person. */
  readonly person: string;
}

/** Any two strangers, where everybody may write. */
const STRANGERS = ["a stranger", "another stranger"];

interface Account {
  readonly accountId: string;
  readonly listed: readonly string[];
  readonly approved: readonly string[];
  readonly isOpen: boolean;
  readonly isPairing: boolean;
}

/** Looks at the accounts that run. A configuration that is none is left to the host. */
export async function inspectPeople(
  cfg: OpenClawConfig,
  source: PeopleSource = askHost,
): Promise<Finding[]> {
  const accounts = await listAccounts(cfg, source);
  if (accounts.length === 0) return [];
  return [...inspectOwners(cfg, accounts), ...(await inspectSessions(cfg, accounts, source))];
}

async function listAccounts(cfg: OpenClawConfig, source: PeopleSource): Promise<Account[]> {
  try {
    const running = listGossipAccountIds(cfg)
      .map((accountId) => resolveGossipAccount(cfg, accountId))
      .filter(({ dmPolicy, enabled }) => enabled && dmPolicy !== "disabled");
    return await Promise.all(
      running.map(async ({ accountId, allowFrom, dmPolicy }) => ({
        accountId,
        listed: toIds([...allowFrom, ...listGroupMembers(cfg, CHANNEL_ID, allowFrom)]),
        approved: dmPolicy === "pairing" ? toIds(await source.readApproved(accountId)) : [],
        isOpen: dmPolicy === "open",
        isPairing: dmPolicy === "pairing",
      })),
    );
  } catch (error) {
    if (error instanceof GossipChannelError) return [];
    throw error;
  }
}

function inspectOwners(cfg: OpenClawConfig, accounts: readonly Account[]): Finding[] {
  if (!isOwned(cfg)) {
    return accounts
      .filter(({ isPairing }) => isPairing)
      .slice(0, 1)
      .map(({ accountId }) => ({
        id: "gossip.no-owner",
        accountId,
        message:
          "nobody owns this OpenClaw yet: it makes the first person owner whom `openclaw pairing approve` lets in, with all commands.",
        fix: `openclaw gossip owner${accountOption(accountId)}, before the first approval`,
      }));
  }
  return findUnprovenOwners(
    { channel: gossipChannel, tryParseId: tryParseGossipId },
    cfg,
    accounts,
  );
}

async function inspectSessions(
  cfg: OpenClawConfig,
  accounts: readonly Account[],
  source: PeopleSource,
): Promise<Finding[]> {
  const known = [...new Set(accounts.flatMap(({ approved, listed }) => [...listed, ...approved]))];
  const sessions = new Map<string, { accountIds: Set<string>; people: Set<string> }>();
  for (const { accountId, approved, isOpen, listed } of accounts) {
    for (const userId of new Set(isOpen ? [...known, ...STRANGERS] : [...listed, ...approved])) {
      const place = await source.findSession(cfg, accountId, userId);
      if (place === undefined) continue;
      const { person, sessionKey } = place;
      const session = sessions.get(sessionKey) ?? { accountIds: new Set(), people: new Set() };
      sessions.set(sessionKey, session);
      session.accountIds.add(accountId);
      session.people.add(person);
    }
  }
  const fix = `openclaw config set session.dmScope ${recommendScope(gossipChannel, cfg)}`;
  const found = new Map<string, Finding>();
  for (const { accountIds, people } of sessions.values()) {
    if (people.size === 1 && accountIds.size === 1) continue;
    for (const accountId of accountIds) {
      // That several people meet is the worse of the two.
      if (people.size === 1 && found.has(accountId)) continue;
      const message = people.size > 1 ? PEOPLE_MEET : ACCOUNTS_MEET;
      found.set(accountId, { id: "gossip.dm-scope", accountId, message, fix });
    }
  }
  return [...found.values()];
}

const PEOPLE_MEET =
  "several people may write and all of them share one conversation with the agent: each can ask for what others said.";
const ACCOUNTS_MEET =
  "somebody may write to several accounts, and all of them share that person's conversation: what was told one bot, the others know.";

function accountOption(accountId: string): string {
  return accountId === "default" ? "" : ` --account ${accountId}`;
}

function toIds(entries: readonly string[]): string[] {
  return entries.map((entry) => tryParseGossipId(entry)).filter((id) => id !== undefined);
}

/** Loaded when they are asked: half a second that no other command has to pay. */
const askHost: PeopleSource = {
  readApproved: (accountId) => readApprovedSenders(CHANNEL_ID, accountId),
  findSession: async (cfg, accountId, userId) => {
    const { resolveAgentRoute } = await import("openclaw/plugin-sdk/routing");
    const peer = { kind: "direct" as const, id: userId };
    const route = { cfg, channel: CHANNEL_ID, accountId, peer };
    try {
      const { sessionKey } = resolveAgentRoute(route);
      const linked = resolveAgentRoute({ ...route, dmScope: "per-peer" });
      return { sessionKey, person: linked.sessionKey };
    } catch {
      return undefined;
    }
  },
};
