/** The table of the reference mesh peer, with what it keeps and what it loses. For tests only. */
import { DatabaseSync } from "node:sqlite";
import type { WireMessage } from "./independent-mesh-rules.ts";

const SCHEMA = `
  PRAGMA journal_mode = MEMORY;
  PRAGMA synchronous = OFF;
  CREATE TABLE IF NOT EXISTS mesh_messages (
    message_id TEXT PRIMARY KEY,
    channel_id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    body TEXT NOT NULL,
    payload TEXT,
    timestamp TEXT NOT NULL,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP
  );
  CREATE INDEX IF NOT EXISTS by_time ON mesh_messages(channel_id, timestamp);`;

const COLUMNS = "message_id, channel_id, sender_id, body, payload, timestamp";

export interface IndependentStore {
  has(messageId: string): boolean;
  /** @returns False for an id that is there already, in whatever channel: the first one stays. */
  add(message: WireMessage): boolean;
  /** By the sender's timestamp as text, strictly later than that of the message with this id. Signatures are gone. */
  page(channelId: string, after: string | null, limit: number): WireMessage[];
  /** All ids of a channel, in no order that means anything. */
  ids(channelId: string): string[];
  /** How often a text stands in a body or a payload. */
  countOf(text: string): number;
  close(): void;
}

export function openIndependentStore(file: string): IndependentStore {
  const db = new DatabaseSync(file);
  db.exec(SCHEMA);
  const find = db.prepare("SELECT timestamp FROM mesh_messages WHERE message_id = ?");
  const insert = db.prepare(`INSERT INTO mesh_messages (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`);
  const pageFrom = db.prepare(
    `SELECT ${COLUMNS} FROM mesh_messages WHERE channel_id = ? AND timestamp > ? ORDER BY timestamp LIMIT ?`,
  );
  const list = db.prepare("SELECT message_id FROM mesh_messages WHERE channel_id = ?");
  const count = db.prepare(
    "SELECT count(*) AS n FROM mesh_messages WHERE instr(body, ?1) > 0 OR instr(payload, ?1) > 0",
  );
  const store: IndependentStore = {
    has: (messageId) => find.get(messageId) !== undefined,
    add(message) {
      if (store.has(message.message_id)) return false;
      const { payload } = message;
      insert.run(
        message.message_id,
        message.channel_id,
        message.sender_id,
        typeof message.body === "string" ? message.body : JSON.stringify(message.body),
        payload === undefined || payload === null ? null : JSON.stringify(payload),
        message.timestamp,
      );
      return true;
    },
    page(channelId, after, limit) {
      const last = after === null ? { timestamp: "" } : find.get(after);
      if (last === undefined) return [];
      return pageFrom.all(channelId, textOf(last["timestamp"]), limit).map(messageOf);
    },
    ids: (channelId) => list.all(channelId).map((row) => textOf(row["message_id"])),
    countOf: (text) => Number(count.get(text)?.["n"]),
    close: () => db.close(),
  };
  return store;
}

function messageOf(row: Readonly<Record<string, unknown>>): WireMessage {
  const { payload } = row;
  return {
    message_id: textOf(row["message_id"]),
    channel_id: textOf(row["channel_id"]),
    sender_id: textOf(row["sender_id"]),
    body: textOf(row["body"]),
    ...(payload !== null && { payload: JSON.parse(textOf(payload)) as unknown }),
    timestamp: textOf(row["timestamp"]),
  };
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a column is not text");
  return value;
}
