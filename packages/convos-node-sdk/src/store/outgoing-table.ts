import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import { prepare, readBlob, readInteger, readText } from "./database.ts";

const TABLE = "outgoing";

type OutgoingStatus = "queued" | "sent" | "failed" | "withdrawn";

/** A row that is still to be sent. */
export interface OutgoingRow {
  readonly id: number;
  readonly item: Uint8Array;
  readonly queuedAtMs: number;
  /** Under which id XMTP has it; absent until it was prepared. */
  readonly messageId: string | undefined;
}

/**
 * The queue of what we send. A settled row keeps its status and the id XMTP gave it for those who ask, and the key that
 * makes a repeated send the same send, but no contents.
 */
export interface OutgoingTable {
  insert(row: {
    readonly conversation: number;
    readonly key: string;
    readonly item: Uint8Array;
    readonly nowMs: number;
  }): void;
  /** The oldest row of a conversation that is still to be sent. */
  next(conversation: number): OutgoingRow | undefined;
  /** Notes under which id XMTP has the message, before it is published. */
  setMessageId(id: number, messageId: string): void;
  clearMessageId(id: number): void;
  /** Drops the contents for good. */
  settle(id: number, status: OutgoingStatus, nowMs: number): void;
  find(
    conversation: number,
    key: string,
  ): { id: number; status: OutgoingStatus; messageId: string | undefined } | undefined;
  /** Whether a message of ours has this id. */
  hasMessage(conversation: number, messageId: string): boolean;
  removeConversation(conversation: number): void;
  /** Rows still to be sent, of one conversation or of all. */
  countQueued(conversation?: number): number;
  /** Forgets settled rows that last changed before a moment. */
  pruneSettled(beforeMs: number): void;
}

const STATUSES: ReadonlySet<string> = new Set(["queued", "sent", "failed", "withdrawn"]);

export function createOutgoingTable(database: DatabaseSync, sealer: Sealer): OutgoingTable {
  const insert = prepare(
    database,
    "INSERT INTO outgoing (conversation, message, status, changed_ms, item) VALUES (?, ?, 'queued', ?, ?)",
  );
  const selectNext = prepare(
    database,
    `SELECT id, message, item, message_id, changed_ms FROM outgoing
      WHERE conversation = ? AND item IS NOT NULL ORDER BY id LIMIT 1`,
  );
  const setMessageId = prepare(database, "UPDATE outgoing SET message_id = ? WHERE id = ?");
  const clearMessageId = prepare(database, "UPDATE outgoing SET message_id = NULL WHERE id = ?");
  const settle = prepare(
    database,
    "UPDATE outgoing SET status = ?, changed_ms = ?, item = NULL WHERE id = ?",
  );
  const selectOne = prepare(
    database,
    "SELECT id, status, message_id FROM outgoing WHERE message = ?",
  );
  const selectMessage = prepare(
    database,
    "SELECT id FROM outgoing WHERE conversation = ? AND message_id = ?",
  );
  const removeConversation = prepare(database, "DELETE FROM outgoing WHERE conversation = ?");
  const countAll = prepare(
    database,
    "SELECT count(*) AS total FROM outgoing WHERE item IS NOT NULL",
  );
  const countOne = prepare(
    database,
    "SELECT count(*) AS total FROM outgoing WHERE conversation = ? AND item IS NOT NULL",
  );
  const prune = prepare(database, "DELETE FROM outgoing WHERE item IS NULL AND changed_ms < ?");
  const keyTag = (conversation: number, key: string): Uint8Array =>
    sealer.tag("outgoing message", rowNumberBytes(conversation), Buffer.from(key, "utf8"));

  return {
    insert({ conversation, key, item, nowMs }) {
      const tag = keyTag(conversation, key);
      insert.run(conversation, tag, nowMs, sealer.seal(TABLE, tag, item));
    },
    next(conversation) {
      const row = selectNext.get(conversation);
      if (row === undefined) return undefined;
      return {
        id: readInteger(row, "id"),
        item: sealer.open(TABLE, readBlob(row, "message"), readBlob(row, "item")),
        queuedAtMs: readInteger(row, "changed_ms"),
        messageId: readMessageId(row),
      };
    },
    setMessageId(id, messageId) {
      setMessageId.run(Buffer.from(messageId, "hex"), id);
    },
    clearMessageId(id) {
      clearMessageId.run(id);
    },
    settle(id, status, nowMs) {
      settle.run(status, nowMs, id);
    },
    find(conversation, key) {
      const row = selectOne.get(keyTag(conversation, key));
      if (row === undefined) return undefined;
      const messageId = readMessageId(row);
      return { id: readInteger(row, "id"), status: readStatus(row), messageId };
    },
    hasMessage(conversation, messageId) {
      return selectMessage.get(conversation, Buffer.from(messageId, "hex")) !== undefined;
    },
    removeConversation(conversation) {
      removeConversation.run(conversation);
    },
    countQueued(conversation) {
      const row = conversation === undefined ? countAll.get() : countOne.get(conversation);
      return readInteger(row ?? {}, "total");
    },
    pruneSettled(beforeMs) {
      prune.run(beforeMs);
    },
  };
}

function readStatus(row: Parameters<typeof readText>[0]): OutgoingStatus {
  const text = readText(row, "status");
  if (!isStatus(text)) throw new TypeError(`outgoing: unknown status ${text}`);
  return text;
}

function isStatus(text: string): text is OutgoingStatus {
  return STATUSES.has(text);
}

function readMessageId(row: Parameters<typeof readBlob>[0]): string | undefined {
  const isAbsent = row["message_id"] === null;
  return isAbsent ? undefined : Buffer.from(readBlob(row, "message_id")).toString("hex");
}
