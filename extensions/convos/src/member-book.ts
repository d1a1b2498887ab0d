// Who is in a conversation. How somebody calls himself is looked up at most every two seconds: a burst of messages asks once.
import type { Member } from "convos-node-sdk";
import type { ConvosConnection } from "./client.ts";

const FRESH_MS = 2000;

export interface MemberBook {
  /** Everybody but us, as of now, for what is decided by it; empty when that cannot be read. */
  others(conversationId: string): Promise<readonly Member[]>;
  /** Everybody but us, as of at most two seconds ago; empty when that cannot be read. */
  recent(conversationId: string): Promise<readonly Member[]>;
  /** How a member calls himself; undefined when that is not known. Nothing may depend on it. */
  nameOf(conversationId: string, inboxId: string): Promise<string | undefined>;
  /** The member says that it is an agent. What does not say so may be one all the same. */
  isAgent(conversationId: string, inboxId: string): Promise<boolean>;
  /** Ids of a member's installations, one per device; empty when they are not known. */
  devicesOf(conversationId: string, inboxId: string): Promise<readonly string[]>;
}

/** @param now - Milliseconds of any clock that only goes forward. */
export function createMemberBook(
  connection: Pick<ConvosConnection, "conversations" | "members">,
  now: () => number,
): MemberBook {
  const looks = new Map<string, { readonly atMs: number; readonly members: Promise<Member[]> }>();
  const look = async (conversationId: string): Promise<readonly Member[]> => {
    const known = looks.get(conversationId);
    if (known !== undefined && now() - known.atMs < FRESH_MS) return known.members;
    const members = connection.members(conversationId).catch(() => {
      // Not kept: the next one asks again. A message must not wait for a name.
      looks.delete(conversationId);
      return [];
    });
    looks.set(conversationId, { atMs: now(), members });
    return members;
  };
  const recent = async (conversationId: string): Promise<readonly Member[]> => {
    const us = connection.conversations().find(({ id }) => id === conversationId)?.inboxId;
    return (await look(conversationId)).filter(({ inboxId }) => inboxId !== us);
  };
  const find = async (conversationId: string, inboxId: string): Promise<Member | undefined> =>
    (await recent(conversationId)).find((member) => member.inboxId === inboxId);
  return {
    others: async (conversationId) => {
      looks.delete(conversationId);
      return recent(conversationId);
    },
    recent,
    nameOf: async (conversationId, inboxId) => (await find(conversationId, inboxId))?.name,
    isAgent: async (conversationId, inboxId) =>
      (await find(conversationId, inboxId))?.kind === "agent",
    devicesOf: async (conversationId, inboxId) =>
      (await find(conversationId, inboxId))?.installationIds ?? [],
  };
}
