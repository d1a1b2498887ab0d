// Says once that a mention is needed from now on: when a conversation that had one other member gets its second.
import type { Outbox, SealedRecord } from "channel-durability";
import * as z from "zod";
import type { ResolvedConvosAccount } from "./accounts.ts";
import type { ConvosConnection } from "./client.ts";
import { resolveRules } from "./conversation-rules.ts";
import { OTHERS_TO_REQUIRE_MENTION } from "./gate.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { fillText, type ChatStrings } from "./strings.ts";

/** Conversations in which there was one other member, and those that were told. */
const RecordSchema = z.strictObject({ small: z.array(z.string()), told: z.array(z.string()) });
type MentionRecord = z.infer<typeof RecordSchema>;

/** How it lies in the account's database. */
export const MENTION_RECORD = {
  name: "mention-notice",
  empty: { small: [], told: [] } as MentionRecord,
  parse: (value: unknown): MentionRecord => RecordSchema.parse(value),
};

export interface MentionNoticeOptions {
  readonly connection: Pick<ConvosConnection, "conversations" | "onStatusChange">;
  readonly record: SealedRecord<MentionRecord>;
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
    noteSmall(options);
    for (const id of listGrown(options)) {
      if (telling.has(id)) continue;
      telling.add(id);
      tell(id, options)
        .catch((error: unknown) => onError(error))
        .finally(() => telling.delete(id));
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

function noteSmall({ connection, record }: MentionNoticeOptions): void {
  const { small, told } = record.read();
  const found = connection
    .conversations()
    .filter(
      ({ id, memberCount }) => memberCount === OTHERS_TO_REQUIRE_MENTION && !small.includes(id),
    )
    .map(({ id }) => id);
  if (found.length > 0) record.write({ small: [...small, ...found], told });
}

/** Conversations that are no longer small and were not told, where the number of members decides. */
function listGrown({ connection, readAccount, record }: MentionNoticeOptions): string[] {
  const { small, told } = record.read();
  const account = readAccount();
  if (account.groupPolicy === "disabled") return [];
  return connection
    .conversations()
    .filter(({ memberCount }) => memberCount > OTHERS_TO_REQUIRE_MENTION)
    .map(({ id }) => id)
    .filter((id) => small.includes(id) && !told.includes(id))
    .filter((id) => {
      const { enabled, requireMention } = resolveRules(account, id);
      return enabled !== false && requireMention === undefined;
    });
}

async function tell(id: string, options: MentionNoticeOptions): Promise<void> {
  const { outbox, ownerConversation, readAccount, readStrings, record } = options;
  const strings = readStrings();
  const text = id === ownerConversation() ? strings.ownerNotAlone : strings.mentionNeeded;
  const body = createMessageBody(id, fillText(text, { name: readAccount().name }));
  // Until it is noted as told, a restart sends it again: the same message, by its key.
  await outbox.send({ queueId: `mention/${id}`, partIndex: 0, target: id, body });
  const { small, told } = record.read();
  record.write({ small, told: [...told, id] });
}
