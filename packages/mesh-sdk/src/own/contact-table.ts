import type { DatabaseSync } from "node:sqlite";
import type { Row, Sealer } from "sdk-kit";
import * as z from "zod";
import { openJson, sealJson } from "./sealed-json.ts";
import { prepare, readBlob, readInteger } from "./own-database.ts";

const TABLE = "contacts";
/** Seals of the column of that name open nowhere else. */
const PREKEY = "contacts.prekey";
/** Peers that have knocked and that we have never written to; the one not heard of for longest gives way. */
const MAX_STRANGERS = 256;
/** Peers that we have written to. A neighbor takes a thousand channels of us, groups included. */
const MAX_OWN = 512;

const ContactSchema = z.object({ peerId: z.string() });

/** A peer whose direct channel with us is listened to. */
interface Contact {
  readonly peerId: string;
  /** It has written to us, so it listens: there is no need to knock. */
  readonly hasAnswered: boolean;
  /** When we last knocked; 0 for never. */
  readonly knockedMs: number;
}

export interface ContactTable {
  all(): readonly Contact[];
  find(peerId: string): Contact | undefined;
  /** Notes that we write to a peer (`ours`), or that it has knocked or written (`theirs`). */
  note(peerId: string, by: "ours" | "theirs", nowMs: number): void;
  noteKnock(peerId: string, nowMs: number): void;
  /** The newest prekey known of a contact, as text; forgotten with it. */
  readPrekey(peerId: string): string | undefined;
  /** Does nothing for a peer that is no contact: a stranger leaves nothing here. */
  writePrekey(peerId: string, prekey: string): void;
}

export function createContactTable(database: DatabaseSync, sealer: Sealer): ContactTable {
  const columns = "tag, value, has_answered, knocked_ms";
  const select = prepare(database, `SELECT ${columns} FROM contacts`);
  const selectOne = prepare(database, `SELECT ${columns} FROM contacts WHERE tag = ?`);
  const insert = prepare(
    database,
    `INSERT INTO contacts (tag, value, is_ours, has_answered, knocked_ms, used_ms)
     VALUES (?, ?, ?, ?, 0, ?)
     ON CONFLICT (tag) DO UPDATE SET
       is_ours = max(is_ours, excluded.is_ours),
       has_answered = max(has_answered, excluded.has_answered),
       used_ms = excluded.used_ms`,
  );
  const selectPrekey = prepare(database, "SELECT prekey FROM contacts WHERE tag = ?");
  const writePrekey = prepare(database, "UPDATE contacts SET prekey = ? WHERE tag = ?");
  const knock = prepare(database, "UPDATE contacts SET knocked_ms = ? WHERE tag = ?");
  const trim = prepare(
    database,
    `DELETE FROM contacts WHERE tag IN (
       SELECT tag FROM contacts WHERE is_ours = ? ORDER BY used_ms DESC LIMIT -1 OFFSET ?)`,
  );
  const tagOf = (peerId: string): Uint8Array => sealer.tag(TABLE, Buffer.from(peerId));
  const read = (row: Row): Contact => {
    const place = { table: TABLE, rowKey: readBlob(row, "tag"), sealed: readBlob(row, "value") };
    return {
      peerId: openJson(sealer, ContactSchema, place).peerId,
      hasAnswered: readInteger(row, "has_answered") === 1,
      knockedMs: readInteger(row, "knocked_ms"),
    };
  };
  return {
    all: () => select.all().map(read),
    find(peerId) {
      const row = selectOne.get(tagOf(peerId));
      return row && read(row);
    },
    note(peerId, by, nowMs) {
      const tag = tagOf(peerId);
      const isOurs = by === "ours" ? 1 : 0;
      const value = sealJson(sealer, { peerId }, { table: TABLE, rowKey: tag });
      insert.run(tag, value, isOurs, 1 - isOurs, nowMs);
      trim.run(0, MAX_STRANGERS);
      trim.run(1, MAX_OWN);
    },
    noteKnock(peerId, nowMs) {
      knock.run(nowMs, tagOf(peerId));
    },
    readPrekey(peerId) {
      const tag = tagOf(peerId);
      const row = selectPrekey.get(tag);
      if (row === undefined || row["prekey"] === null) return undefined;
      return Buffer.from(sealer.open(PREKEY, tag, readBlob(row, "prekey"))).toString("utf8");
    },
    writePrekey(peerId, prekey) {
      const tag = tagOf(peerId);
      writePrekey.run(sealer.seal(PREKEY, tag, Buffer.from(prekey)), tag);
    },
  };
}
