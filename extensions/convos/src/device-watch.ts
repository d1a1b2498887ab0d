// Somebody who is heard writes and has a device that he did not have before. Access goes by the inbox and stays as it is; the
// owner is told once, because whoever got hold of a key looks just like that.
import type { Outbox, SealedRecord } from "channel-durability";
import * as z from "zod";
import type { ConvosConnection } from "./client.ts";
import { describeConversation, describePerson } from "./desk-people.ts";
import type { MemberBook } from "./member-book.ts";
import { createMessageBody, type ConvosMessageBody } from "./message-body.ts";
import { fillText, type ChatStrings } from "./strings.ts";
import { shortenId } from "./targets.ts";

/** Enough of an installation's id to tell two of one person apart. */
const MARK_CHARACTERS = 16;

const RecordSchema = z.strictObject({
  version: z.literal(1),
  /** Devices of people who were heard, by conversation and inbox id. */
  people: z.record(z.string(), z.record(z.string(), z.array(z.string()))),
});
type DeviceRecord = z.infer<typeof RecordSchema>;

/** How it lies in the account's database. Ids only. */
export const DEVICE_RECORD = {
  name: "devices",
  empty: { version: 1, people: {} } as DeviceRecord,
  parse: (value: unknown): DeviceRecord => RecordSchema.parse(value),
};

export interface DeviceWatch {
  /** Looks at the devices of somebody whose message is about to be answered. Rejects when the owner could not be told. */
  look(person: { readonly conversationId: string; readonly senderId: string }): Promise<void>;
}

export interface DeviceWatchOptions {
  readonly record: SealedRecord<DeviceRecord>;
  readonly members: Pick<MemberBook, "devicesOf" | "nameOf">;
  readonly connection: Pick<ConvosConnection, "conversations" | "ended">;
  readonly outbox: Pick<Outbox<ConvosMessageBody>, "send">;
  readonly ownerConversation: () => string | undefined;
  readonly readStrings: () => ChatStrings;
}

export function createDeviceWatch(options: DeviceWatchOptions): DeviceWatch {
  const { connection, members, record } = options;
  return {
    look: async ({ conversationId, senderId }) => {
      const devices = await members.devicesOf(conversationId, senderId);
      const marks = devices.map((id) => id.slice(0, MARK_CHARACTERS));
      const known = record.read().people[conversationId]?.[senderId];
      const fresh = marks.filter((mark) => known?.includes(mark) !== true);
      if (fresh.length === 0) return;
      // Until it is noted, a restart tells it again: the same message, by its key.
      if (known !== undefined) await tell(options, { conversationId, senderId, fresh });
      const ended = new Set(connection.ended());
      const people = Object.entries(record.read().people).filter(([id]) => !ended.has(id));
      const there = Object.fromEntries(people);
      const all = { ...there[conversationId], [senderId]: [...(known ?? []), ...fresh] };
      record.write({ version: 1, people: { ...there, [conversationId]: all } });
    },
  };
}

async function tell(
  { connection, members, outbox, ownerConversation, readStrings }: DeviceWatchOptions,
  news: { conversationId: string; senderId: string; fresh: readonly string[] },
): Promise<void> {
  const { conversationId, fresh, senderId } = news;
  const target = ownerConversation();
  if (target === undefined) return;
  const name = await members.nameOf(conversationId, senderId);
  const text = fillText(readStrings().newDevice, {
    person: describePerson({ conversationId, inboxId: senderId, name }),
    conversation: describeConversation(conversationId, connection.conversations()),
    id: shortenId(senderId),
  });
  const queueId = `device/${senderId}/${fresh.join("/")}`;
  await outbox.send({ queueId, partIndex: 0, target, body: createMessageBody(target, text) });
}
