import { ConvosError } from "../errors.ts";
import type { ConvosKey } from "../identity/key.ts";
import { isOver, OWNER_KEY_INDEX } from "../store/conversation-record.ts";
import type { ConversationBook } from "./conversation-book.ts";

/**
 * Another key opens another inbox, which is not in the conversation that the last one served.
 *
 * @throws ConvosError `owner_key_mismatch`, with the inbox whose key is wanted.
 */
export function assertOwnerKey(
  book: Pick<ConversationBook, "all">,
  ownerKey: ConvosKey | undefined,
): void {
  const served = book
    .all()
    .find(({ keyIndex, record }) => keyIndex === OWNER_KEY_INDEX && !isOver(record));
  if (served === undefined || served.record.inboxId === ownerKey?.inboxId) return;
  throw new ConvosError(
    "owner_key_mismatch",
    "open: a conversation has the inbox of another owner key. Give that one.",
    { inboxId: served.record.inboxId },
  );
}
