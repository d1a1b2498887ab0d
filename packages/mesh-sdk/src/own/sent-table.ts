import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import * as z from "zod";
import { parseFrame } from "../frame/parse-frame.ts";
import { encodeFrame } from "../frame/encode-frame.ts";
import { MeshError } from "../errors.ts";
import type { MeshMessage } from "../message/message.ts";
import type { SentMessage } from "../peer/types.ts";
import { openJson, sealJson } from "./sealed-json.ts";
import { prepare, readBlob, readInteger } from "./own-database.ts";

const TABLE = "sent";
const CHAINS = "chains";

const ReceiptSchema = z.object({ channelId: z.string(), messageId: z.string() });
const ChainSchema = z.object({ seq: z.number(), prev: z.string() });

/** Where the messages of ours in one channel have got to. */
type Chain = z.infer<typeof ChainSchema>;

/** What became of a key. */
export interface SentRow {
  /** To confirm. */
  readonly id: number;
  readonly receipt: SentMessage;
  /** Undefined once it is in the store. */
  readonly message: MeshMessage | undefined;
}

/**
 * What we have signed. A row comes before the message goes to the store, so that the same key never makes a second message,
 * and loses the message once it is there.
 */
export interface SentTable {
  find(key: string): SentRow | undefined;
  chain(channelId: string): Chain | undefined;
  /** In one transaction with {@link setChain}. @returns The number to confirm. */
  insert(key: string, message: MeshMessage, nowMs: number): number;
  setChain(channelId: string, chain: Chain): void;
  /** These are in the store. */
  confirm(ids: readonly number[]): void;
  /** Those that were signed and perhaps never reached the store, oldest first. */
  unconfirmed(): readonly { readonly id: number; readonly message: MeshMessage }[];
  /** Forgets keys of messages that were sent before a moment. */
  prune(beforeMs: number): void;
}

export function createSentTable(database: DatabaseSync, sealer: Sealer): SentTable {
  const select = prepare(database, "SELECT id, receipt, message FROM sent WHERE tag = ?");
  const insert = prepare(
    database,
    "INSERT INTO sent (tag, receipt, message, sent_ms) VALUES (?, ?, ?, ?) RETURNING id",
  );
  const confirm = prepare(database, "UPDATE sent SET message = NULL WHERE id = ?");
  const pending = prepare(
    database,
    "SELECT id, tag, message FROM sent WHERE message IS NOT NULL ORDER BY id",
  );
  const prune = prepare(database, "DELETE FROM sent WHERE message IS NULL AND sent_ms < ?");
  const selectChain = prepare(database, "SELECT value FROM chains WHERE tag = ?");
  const writeChain = prepare(database, "INSERT OR REPLACE INTO chains (tag, value) VALUES (?, ?)");
  const keyTag = (key: string): Uint8Array => sealer.tag(TABLE, Buffer.from(key));
  const chainTag = (channelId: string): Uint8Array => sealer.tag(CHAINS, Buffer.from(channelId));
  const openMessage = (rowKey: Uint8Array, sealed: Uint8Array): MeshMessage => {
    const text = Buffer.from(sealer.open(TABLE, rowKey, sealed)).toString("utf8");
    const frame = parseFrame(text);
    if (frame?.type === "message") return frame.message;
    throw new MeshError("state_unreadable", "store: a sent message has another form");
  };
  return {
    find(key) {
      const tag = keyTag(key);
      const row = select.get(tag);
      if (row === undefined) return undefined;
      const place = { table: TABLE, rowKey: tag, sealed: readBlob(row, "receipt") };
      const isConfirmed = row["message"] === null;
      return {
        id: readInteger(row, "id"),
        receipt: openJson(sealer, ReceiptSchema, place),
        message: isConfirmed ? undefined : openMessage(tag, readBlob(row, "message")),
      };
    },
    chain(channelId) {
      const tag = chainTag(channelId);
      const row = selectChain.get(tag);
      const place = { table: CHAINS, rowKey: tag };
      return row && openJson(sealer, ChainSchema, { ...place, sealed: readBlob(row, "value") });
    },
    insert(key, message, nowMs) {
      const tag = keyTag(key);
      const { channelId, messageId } = message;
      const place = { table: TABLE, rowKey: tag };
      const receipt = sealJson(sealer, { channelId, messageId }, place);
      const text = Buffer.from(encodeFrame({ type: "message", message }));
      const row = insert.get(tag, receipt, sealer.seal(TABLE, tag, text), nowMs);
      return readInteger(row ?? {}, "id");
    },
    setChain(channelId, chain) {
      const tag = chainTag(channelId);
      writeChain.run(tag, sealJson(sealer, chain, { table: CHAINS, rowKey: tag }));
    },
    confirm(ids) {
      for (const id of ids) confirm.run(id);
    },
    unconfirmed: () =>
      pending.all().map((row) => ({
        id: readInteger(row, "id"),
        message: openMessage(readBlob(row, "tag"), readBlob(row, "message")),
      })),
    prune(beforeMs) {
      prune.run(beforeMs);
    },
  };
}
