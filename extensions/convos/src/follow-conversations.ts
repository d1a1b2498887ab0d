// What the account is in, told once each; and the first conversation becomes the owner's. It is written into the
// configuration, where the operator sees it and may change it; until that has worked, the first one counts as if it were.
import type { ConvosConnection } from "./client.ts";
import {
  describeWayBack,
  findOwnerConversation,
  isOwnerConversationOver,
  OWNER_CONVERSATION_OVER,
  ownerConversationCommand,
} from "./owner-conversation.ts";

export interface FollowOptions {
  readonly accountId: string;
  readonly connection: Pick<ConvosConnection, "conversations" | "ended" | "onStatusChange">;
  /** `ownerConversationId` of the configuration as it is now. */
  readonly readOwner: () => string | undefined;
  readonly writeOwner: (conversationId: string) => Promise<void>;
  readonly log: { info(line: string): void; warn(line: string): void };
  readonly signal: AbortSignal;
}

/** Follows the account's conversations until the signal aborts. */
export async function followConversations(options: FollowOptions): Promise<void> {
  const { accountId, connection, log, readOwner, signal } = options;
  const told = new Set<string>();
  const ended = Promise.withResolvers<void>();
  let isWritten = false;
  let toldOver: string | undefined;
  const look = (): void => {
    const joined = connection.conversations();
    for (const { id, memberCount } of joined) {
      if (told.has(id)) continue;
      told.add(id);
      log.info(`in conversation ${id} (${memberCount} members)`);
    }
    const configured = readOwner();
    if (isOwnerConversationOver(configured, connection) && configured !== toldOver) {
      toldOver = configured;
      log.warn(`${OWNER_CONVERSATION_OVER} To mend it: ${describeWayBack(accountId)}`);
    }
    if (isWritten || configured !== undefined) return;
    const first = findOwnerConversation(configured, connection);
    if (first === undefined) return;
    isWritten = true;
    void write(first, options);
  };
  const stop = connection.onStatusChange(look);
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  try {
    look();
    if (!signal.aborted) await ended.promise;
  } finally {
    stop();
  }
}

async function write(
  conversationId: string,
  { accountId, log, writeOwner }: FollowOptions,
): Promise<void> {
  try {
    await writeOwner(conversationId);
    log.info(`conversation ${conversationId} is the owner's from now on`);
  } catch {
    log.warn(
      "the configuration cannot be written; name the owner conversation yourself: " +
        ownerConversationCommand(accountId, conversationId),
    );
  }
}
