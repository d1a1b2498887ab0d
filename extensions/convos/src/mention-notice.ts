// Says, whenever a conversation that had one other member gets its second, that the agent has to be called from now on.
import type { Outbox } from "channel-durability";
import type { ResolvedConvosAccount } from "./accounts.ts";
import type { ConvosConnection } from "./client.ts";
import { resolveRules } from "./conversation-rules.ts";
import type { Growth, GrowthBook } from "./growth.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { fillText, type ChatStrings } from "./strings.ts";

export interface MentionNoticeOptions {
  readonly connection: Pick<ConvosConnection, "conversations" | "onStatusChange">;
  readonly growth: GrowthBook;
  readonly outbox: Pick<Outbox<ConvosMessageBody>, "send">;
  readonly ownerConversation: () => string | undefined;
  readonly readAccount: () => ResolvedConvosAccount;
  readonly readStrings: () => ChatStrings;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Watches the number of members until the signal aborts. */
export async function announceMentionRule(options: MentionNoticeOptions): Promise<void> {
  const { connection, onError, signal } = options;
  const ended = Promise.withResolvers<void>();
  const telling = new Set<string>();
  const look = (): void => {
    for (const growth of listToTell(options)) {
      if (telling.has(growth.id)) continue;
      telling.add(growth.id);
      tell(growth, options)
        .catch((error: unknown) => onError(error))
        .finally(() => telling.delete(growth.id));
    }
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

/** Where we are still, may speak, and the number of members decides. */
function listToTell({ connection, growth, readAccount }: MentionNoticeOptions): Growth[] {
  const account = readAccount();
  if (account.groupPolicy === "disabled") return [];
  const joined = new Set(connection.conversations().map(({ id }) => id));
  return growth.listUntold().filter(({ id }) => {
    const { enabled, requireMention } = resolveRules(account, id);
    return joined.has(id) && enabled !== false && requireMention === undefined;
  });
}

async function tell(what: Growth, options: MentionNoticeOptions): Promise<void> {
  const { id, atMs } = what;
  const { growth, outbox, ownerConversation, readAccount, readStrings } = options;
  const strings = readStrings();
  const text = id === ownerConversation() ? strings.ownerNotAlone : strings.mentionNeeded;
  const body = createMessageBody(id, fillText(text, { name: readAccount().name }));
  // Until it is noted as told, a restart sends it again: the same message, by its key.
  await outbox.send({ queueId: `mention/${id}/${atMs}`, partIndex: 0, target: id, body });
  growth.markTold(what);
}
