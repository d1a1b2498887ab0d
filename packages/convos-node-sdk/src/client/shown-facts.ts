import { tryDecodeMetadata } from "../metadata/try-decode.ts";
import type { ConversationRecord } from "../store/conversation-record.ts";
import type { XmtpGroup } from "../xmtp/port.ts";

/** What summaries show of a group, as the group has it now. */
export type ShownFacts = Pick<
  ConversationRecord,
  "name" | "description" | "memberCount" | "onlyOtherInboxId" | "tag" | "emoji"
>;

/** Reads it. Metadata that somebody made unreadable leave the last known. */
export async function readShownFacts(group: XmtpGroup, ownInboxId: string): Promise<ShownFacts> {
  const members = await group.members();
  const others = members.map(({ inboxId }) => inboxId).filter((inboxId) => inboxId !== ownInboxId);
  const metadata = tryDecodeMetadata(group.appData());
  return {
    name: group.name(),
    description: group.description(),
    memberCount: members.length,
    onlyOtherInboxId: others.length === 1 ? (others[0] ?? "") : "",
    ...(metadata?.tag && { tag: metadata.tag }),
    ...(metadata?.emoji && { emoji: metadata.emoji }),
  };
}

/** Whether a record says anything else. Pure. */
export function differsFrom(record: ConversationRecord, shown: ShownFacts): boolean {
  const known = new Map<string, unknown>(Object.entries(record));
  return Object.entries(shown).some(([name, value]) => known.get(name) !== value);
}
