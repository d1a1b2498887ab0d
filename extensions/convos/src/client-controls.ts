// What an operator does with conversations, beside what is said in them. The protocol client stays behind it.
import { describeJoinError, type ConvosClient } from "convos-node-sdk";

/** A conversation as its operator sees it. */
interface OperatedConversation {
  readonly id: string;
  /** As its members named it: for eyes, never as a target. */
  readonly name?: string | undefined;
  /** What stands for it in the app. */
  readonly emoji?: string | undefined;
  readonly memberCount: number;
  /** Invites and locks are for whoever made it. */
  readonly isCreator: boolean;
  /** When it was made, or its creator was asked. */
  readonly createdAtMs: number;
  readonly explodesAtMs?: number | undefined;
}

/** An invite that was asked by, and not answered yet. */
interface OperatedJoin {
  readonly joinId: string;
  readonly name?: string | undefined;
  readonly requestedAtMs: number;
}

/** An invite that its creator's app said no to. */
interface RefusedJoin extends OperatedJoin {
  /** In plain words. */
  readonly reason: string;
  readonly refusedAtMs: number;
}

/** A group that came up after a restore: somebody has to say whether it is the conversation that was lost. */
interface OfferedConversation {
  readonly id: string;
  /** The group's own word. */
  readonly name?: string | undefined;
  readonly memberCount: number;
  /** Inbox id of the member by whose doing it came up. */
  readonly addedBy: string;
}

interface OperatedMember {
  readonly inboxId: string;
  /** Self-chosen: for eyes. */
  readonly name?: string | undefined;
  readonly isAgent: boolean;
  readonly role: string;
  readonly isUs: boolean;
}

export interface NewInvite {
  /** Undefined: until it is revoked. */
  readonly expiresAtMs: number | undefined;
  /** Lets one person in only. */
  readonly singleUse: boolean;
}

export interface JoinPermission {
  readonly mayAddInstallation: boolean;
}

/** Everything rejects with a ConvosError: `unknown_conversation`, `not_allowed`, `network_unreachable`, `unknown_join`. */
export interface ConversationControls {
  list(): OperatedConversation[];
  /** Ids of conversations of either kind that are over. One that the agent was let into again is not. */
  ended(): string[];
  joins(): OperatedJoin[];
  refusedJoins(): RefusedJoin[];
  offers(): OfferedConversation[];
  /** An offered group is the lost conversation, or none of ours. */
  settleOffer(conversationId: string, isOurs: boolean): Promise<void>;
  members(conversationId: string): Promise<OperatedMember[]>;
  /** Makes a conversation with a key of its own, and us alone in it. @returns Its id. */
  create(name: string): Promise<string>;
  /** @returns The link, and what the invite is known by without it. Whoever has the link can ask to join. */
  invite(conversationId: string, invite: NewInvite): Promise<{ url: string; inviteId: string }>;
  /** Ends every invite made so far. */
  revokeInvites(conversationId: string): Promise<void>;
  /**
   * Asks to join by an invite.
   *
   * @param options.mayAddInstallation - The configured private key may get one more installation.
   * @throws ConvosError about the invite too; `key_in_use`.
   */
  join(inviteText: string, options: JoinPermission): Promise<void>;
  cancelJoin(joinId: string): Promise<void>;
  leave(conversationId: string): Promise<void>;
  setLocked(conversationId: string, isLocked: boolean): Promise<void>;
  /** Ends it for everybody: now, or at a time. */
  explode(conversationId: string, atMs: number | undefined): Promise<void>;
  /** What stands for the conversation in its members' apps. */
  setEmoji(conversationId: string, emoji: string): Promise<void>;
  /** How we show ourselves there; goes out when the account runs. */
  rename(conversationId: string, name: string): Promise<void>;
  /** Looks for keys of the account that were in use, after a restore. */
  scan(signal: AbortSignal): Promise<{ readonly found: number; readonly restored: number }>;
}

/** @param join - Asks to join, with the key that is meant for it. */
export function createControls(
  client: ConvosClient,
  join: ConversationControls["join"],
): ConversationControls {
  const active = () =>
    client.conversations().filter(({ kind, state }) => kind === "group" && state === "active");
  return {
    list: () =>
      active().map(({ createdAtMs, emoji, explodesAtMs, id, isCreator, memberCount, name }) => ({
        id,
        name,
        emoji,
        memberCount,
        isCreator,
        createdAtMs,
        explodesAtMs,
      })),
    ended: () => {
      const all = client.conversations();
      const open = new Set(all.filter(({ state }) => state === "active").map(({ id }) => id));
      return [...new Set(all.map(({ id }) => id))].filter((id) => !open.has(id));
    },
    joins: () =>
      client
        .pendingJoins()
        .map(({ joinId, name, requestedAtMs }) => ({ joinId, name, requestedAtMs })),
    refusedJoins: () =>
      client.refusedJoins().flatMap(({ errorType, joinId, name, refusedAtMs, requestedAtMs }) => {
        if (errorType === undefined || refusedAtMs === undefined) return [];
        const reason = describeJoinError(errorType);
        return [{ joinId, name, requestedAtMs, reason, refusedAtMs }];
      }),
    offers: () =>
      client.restoreOffers().map(({ addedBy, conversationId, memberCount, name }) => ({
        id: conversationId,
        name,
        memberCount,
        addedBy,
      })),
    settleOffer: async (conversationId, isOurs) => {
      if (isOurs) await client.confirmRestore(conversationId);
      else await client.refuseRestore(conversationId);
    },
    members: async (conversationId) => {
      const own = active().find(({ id }) => id === conversationId)?.inboxId;
      const members = await client.members(conversationId);
      return members.map(({ inboxId, kind, name, role }) => ({
        inboxId,
        name,
        isAgent: kind === "agent",
        role,
        isUs: inboxId === own,
      }));
    },
    create: async (name) => (await client.createConversation({ name })).id,
    invite: async (conversationId, { expiresAtMs, singleUse }) => {
      const until = expiresAtMs === undefined ? {} : { expiresAtMs };
      const { id, url } = await client.createInvite(conversationId, { singleUse, ...until });
      return { url, inviteId: id };
    },
    revokeInvites: (conversationId) => client.revokeInvites(conversationId),
    join,
    cancelJoin: (joinId) => client.cancelJoin(joinId),
    leave: (conversationId) => client.leave(conversationId),
    setLocked: (conversationId, isLocked) =>
      isLocked ? client.lock(conversationId) : client.unlock(conversationId),
    explode: (conversationId, atMs) =>
      client.explode(conversationId, atMs === undefined ? {} : { atMs }),
    setEmoji: (conversationId, emoji) => client.updateConversation(conversationId, { emoji }),
    rename: (conversationId, name) => client.updateProfile(conversationId, { name }),
    scan: (signal) => client.restoreScan({ signal }),
  };
}
