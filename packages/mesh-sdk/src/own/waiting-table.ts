import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import * as z from "zod";
import { MeshError } from "../errors.ts";
import { openJson, sealJson } from "./sealed-json.ts";
import { prepare, readBlob, readInteger } from "./own-database.ts";

const TABLE = "waiting";
/** Direct messages that wait for a key of their receiver. */
const MAX_WAITING = 1_000;

const WaitingSchema = z.object({
  key: z.string(),
  peerId: z.string(),
  body: z.string(),
  payload: z.unknown().optional(),
  replyTo: z.string().optional(),
});

/** A direct message that cannot be sealed yet. */
export type WaitingMessage = z.infer<typeof WaitingSchema>;

export interface WaitingTable {
  has(key: string): boolean;
  /** @throws MeshError `queue_full`. */
  insert(message: WaitingMessage, nowMs: number): void;
  /** Oldest first. */
  all(): readonly { readonly id: number; readonly message: WaitingMessage }[];
  remove(id: number): void;
  count(): number;
}

export function createWaitingTable(database: DatabaseSync, sealer: Sealer): WaitingTable {
  const selectOne = prepare(database, "SELECT 1 FROM waiting WHERE tag = ?");
  const insert = prepare(database, "INSERT INTO waiting (tag, value, added_ms) VALUES (?, ?, ?)");
  const select = prepare(database, "SELECT id, tag, value FROM waiting ORDER BY id");
  const remove = prepare(database, "DELETE FROM waiting WHERE id = ?");
  const countAll = prepare(database, "SELECT count(*) AS total FROM waiting");
  const tagOf = (key: string): Uint8Array => sealer.tag(TABLE, Buffer.from(key));
  const count = (): number => readInteger(countAll.get() ?? {}, "total");
  return {
    has: (key) => selectOne.get(tagOf(key)) !== undefined,
    insert(message, nowMs) {
      if (count() >= MAX_WAITING) {
        throw new MeshError("queue_full", `direct message: ${MAX_WAITING} wait for a key already`);
      }
      const tag = tagOf(message.key);
      insert.run(tag, sealJson(sealer, message, { table: TABLE, rowKey: tag }), nowMs);
    },
    all: () =>
      select.all().map((row) => {
        const place = {
          table: TABLE,
          rowKey: readBlob(row, "tag"),
          sealed: readBlob(row, "value"),
        };
        return { id: readInteger(row, "id"), message: openJson(sealer, WaitingSchema, place) };
      }),
    remove(id) {
      remove.run(id);
    },
    count,
  };
}
