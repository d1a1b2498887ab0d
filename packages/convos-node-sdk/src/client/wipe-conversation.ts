import type { ConversationRecord } from "../store/conversation-record.ts";
import type { BookStep } from "./conversation-book.ts";

/** Deletes what our own database holds of a conversation, within a step. */
export function wipeConversation(step: BookStep, id: number): void {
  step.store.incoming.removeConversation(id);
  step.store.outgoing.removeConversation(id);
  step.store.seen.removeConversation(id);
  step.store.ledger.removeConversation(id);
  step.replace(id, stripped(step.get(id)));
}

/** What remains: that it was there, and that its key is used up. */
function stripped(record: ConversationRecord): ConversationRecord {
  const { phase, inboxId, createdAtMs, isCreator, groupId, cursorNs, via } = record;
  return {
    phase,
    inboxId,
    createdAtMs,
    isCreator,
    cursorNs,
    memberCount: 0,
    admissionsMs: [],
    ...(groupId !== undefined && { groupId }),
    ...(via !== undefined && { via }),
  };
}
