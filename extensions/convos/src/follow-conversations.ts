// What the account is in, told once each; and the first conversation becomes the owner's. It is written into the
// configuration, where the operator sees it and may change it; until that has worked, the first one counts as if it were.
import type { ConvosConnection, JoinedConversation } from "./client.ts";

export interface FollowOptions {
  readonly connection: Pick<ConvosConnection, "conversations" | "onStatusChange">;
  /** `ownerConversationId` of the configuration as it is now. */
  readonly readOwner: () => string | undefined;
  readonly writeOwner: (conversationId: string) => Promise<void>;
  readonly log: { info(line: string): void; warn(line: string): void };
  readonly signal: AbortSignal;
}

/** The conversation in which only an owner is heard: the configured one, or the first that the account came into. */
export function findOwnerConversation(
  configured: string | undefined,
  joined: readonly JoinedConversation[],
): string | undefined {
  return configured ?? joined.find(({ isCreator }) => !isCreator)?.id ?? joined[0]?.id;
}

/** Follows the account's conversations until the signal aborts. */
export async function followConversations(options: FollowOptions): Promise<void> {
  const { connection, log, readOwner, signal } = options;
  const told = new Set<string>();
  const ended = Promise.withResolvers<void>();
  let isWritten = false;
  const look = (): void => {
    const joined = connection.conversations();
    for (const { id, memberCount } of joined) {
      if (told.has(id)) continue;
      told.add(id);
      log.info(`in conversation ${id} (${memberCount} members)`);
    }
    const first = findOwnerConversation(readOwner(), joined);
    if (isWritten || first === undefined || readOwner() !== undefined) return;
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

async function write(conversationId: string, { log, writeOwner }: FollowOptions): Promise<void> {
  try {
    await writeOwner(conversationId);
    log.info(`conversation ${conversationId} is the owner's from now on`);
  } catch {
    log.warn(
      "the configuration cannot be written; name the owner conversation yourself: " +
        `openclaw config set channels.convos.ownerConversationId ${conversationId}`,
    );
  }
}
