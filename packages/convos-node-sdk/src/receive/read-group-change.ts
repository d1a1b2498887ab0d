import type { EventContent } from "../client/event-codec.ts";
import { type ProtobufField, readFields, readText } from "../codec/protobuf.ts";

/** Fields of `GroupUpdated` (xmtp/proto, mls/message_contents/transcript_messages.proto). */
const FIELDS = { added: 2, removed: 3, changes: 4, left: 5 } as const;
const INBOX_ID = 1;
const FIELD_NAME = 1;

const FIELD_OF: Readonly<
  Record<string, Extract<EventContent, { type: "conversation_updated" }>["field"] | undefined>
> = {
  group_name: "name",
  description: "description",
  group_image_url_square: "image",
  app_data: "metadata",
};

/** What a commit did, as the network's own note about it says. Admins, and texts of any field, stay out of it. Pure. */
export function readGroupChange(content: Uint8Array): EventContent[] {
  const fields = readFields(content);
  const added = inboxIds(fields, FIELDS.added);
  const removed = [...inboxIds(fields, FIELDS.removed), ...inboxIds(fields, FIELDS.left)];
  const events: EventContent[] = [];
  if (added.length + removed.length > 0) events.push({ type: "members_changed", added, removed });
  for (const change of nested(fields, FIELDS.changes)) {
    const field = FIELD_OF[readText(change, FIELD_NAME) ?? ""];
    if (field !== undefined) events.push({ type: "conversation_updated", field });
  }
  return events;
}

function inboxIds(fields: readonly ProtobufField[], number: number): string[] {
  return nested(fields, number).flatMap((inbox) => readText(inbox, INBOX_ID) ?? []);
}

function nested(fields: readonly ProtobufField[], number: number): ProtobufField[][] {
  return fields.flatMap((field) =>
    field.number === number && field.wireType === "bytes" ? [readFields(field.value)] : [],
  );
}
