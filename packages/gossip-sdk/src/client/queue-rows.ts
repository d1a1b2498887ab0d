import { toHex } from "../codec/bytes.ts";
import type { Conversation, QueueItem } from "../conversation/conversation.ts";
import { statusOfItem } from "../conversation/conversation.ts";
import { encodeQueueItem } from "../conversation/queue-item-codec.ts";
import type { OutgoingTable } from "../store/outgoing-table.ts";

/** Row numbers of unsettled messages: by message id in hexadecimal, for one peer. */
export type RowNumbers = ReadonlyMap<string, number>;

/** A message that reached its end in this step. */
export interface SettledMessage {
  readonly messageId: Uint8Array;
  readonly status: "delivered" | "failed";
}

/**
 * Writes what a step changed in a queue to its rows. Part of the step's transaction: the result counts only when that
 * was committed.
 */
export function saveQueue(
  table: OutgoingTable,
  input: {
    before: readonly QueueItem[];
    after: Conversation;
    settled: readonly SettledMessage[];
    rows: RowNumbers;
    nowMs: number;
  },
): RowNumbers {
  const { before, after, settled, rows, nowMs } = input;
  if (before === after.queue && settled.length === 0) return rows;
  const next = new Map(rows);
  const known = new Map(before.map((item) => [toHex(item.messageId), item]));
  for (const item of after.queue) {
    const key = toHex(item.messageId);
    const row = {
      peer: after.peer,
      messageId: item.messageId,
      status: statusOfItem(item),
      nowMs,
    };
    const id = rows.get(key);
    if (id === undefined) {
      next.set(key, table.insert({ ...row, item: encodeQueueItem(after.peer, item) }));
    } else if (!isSameOnDisk(known.get(key), item)) {
      table.update(id, { ...row, item: encodeQueueItem(after.peer, item) });
    }
  }
  for (const { messageId, status } of settled) {
    const key = toHex(messageId);
    const id = next.get(key);
    if (id !== undefined) table.settle(id, status, nowMs);
    next.delete(key);
  }
  return next;
}

/** Whether only what is not stored differs. */
function isSameOnDisk(before: QueueItem | undefined, after: QueueItem): boolean {
  return (
    before === after ||
    (before !== undefined &&
      before.value === after.value &&
      before.posted === after.posted &&
      before.contents === after.contents)
  );
}
