// Whether an owner is where he would be heard. In Convos a person has another inbox id in each conversation, so that an owner of
// one account is none of another: what counts is who is in the account's own owner conversation.
import type { ConvosConnection, JoinedConversation } from "./client.ts";
import type { MemberBook } from "./member-book.ts";

/** @param members - Of the owner conversation, beside us; empty when they are not known: then only that there are owners. */
export function lacksOwner(members: readonly string[], owners: readonly string[]): boolean {
  if (owners.length === 0 || members.length === 0) return owners.length === 0;
  return !members.some((id) => owners.includes(id));
}

export interface OwnerPresence {
  /** There are owners, and none of them is in the owner conversation as of the last look. */
  isElsewhere(): boolean;
  /** Looks again whenever the owner conversation has changed, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface OwnerPresenceOptions {
  readonly connection: Pick<ConvosConnection, "conversations" | "onStatusChange">;
  readonly members: Pick<MemberBook, "others">;
  readonly ownerConversation: () => string | undefined;
  /** As the configuration is now. */
  readonly listOwners: () => readonly string[];
}

export function createOwnerPresence(options: OwnerPresenceOptions): OwnerPresence {
  const { connection, listOwners, members, ownerConversation } = options;
  let looked = "";
  let seen: { readonly conversationId: string; readonly members: readonly string[] } | undefined;
  const look = async (): Promise<void> => {
    const home = connection.conversations().find(({ id }) => id === ownerConversation());
    if (home === undefined || looked === describe(home)) return;
    const state = describe(home);
    looked = state;
    const others = (await members.others(home.id)).map(({ inboxId }) => inboxId);
    // A later look has begun meanwhile.
    if (looked !== state) return;
    // Read again at the next change, unless we are alone there.
    if (others.length === 0 && home.memberCount > 1) looked = "";
    else seen = { conversationId: home.id, members: others };
  };
  return {
    isElsewhere: () => {
      const owners = listOwners();
      const isKnown = seen !== undefined && seen.conversationId === ownerConversation();
      return owners.length > 0 && isKnown && lacksOwner(seen?.members ?? [], owners);
    },
    run: async (signal) => {
      const ended = Promise.withResolvers<void>();
      const stop = connection.onStatusChange(() => void look());
      signal.addEventListener("abort", () => ended.resolve(), { once: true });
      try {
        await look();
        if (!signal.aborted) await ended.promise;
      } finally {
        stop();
      }
    },
  };
}

/** What of a conversation changes when somebody comes or goes. */
function describe({ id, memberCount, onlyOtherInboxId = "" }: JoinedConversation): string {
  return `${id} ${memberCount} ${onlyOtherInboxId}`;
}
