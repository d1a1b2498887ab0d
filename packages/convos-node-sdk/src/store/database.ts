import { defineStore } from "sdk-kit";
import { ConvosError } from "../errors.ts";

/** Version of the tables below. A database with a higher one is left alone. */
const SCHEMA_VERSION = 1;

/*
 * Columns in clear are row numbers, key indexes, times, statuses and look-up tags; everything a person or a peer made is
 * sealed. AUTOINCREMENT, because the number of a deleted row must never come back: an event would be marked as handled by
 * mistake, a new conversation would find the messages of another one.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key_index INTEGER NOT NULL UNIQUE,
    record BLOB NOT NULL
  ) STRICT;
  CREATE TABLE incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    event BLOB NOT NULL
  ) STRICT;
  CREATE INDEX incoming_by_conversation ON incoming (conversation);
  CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL,
    message BLOB NOT NULL UNIQUE,
    status TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    item BLOB,
    message_id BLOB
  ) STRICT;
  CREATE INDEX outgoing_by_conversation ON outgoing (conversation, id) WHERE item IS NOT NULL;
  CREATE INDEX outgoing_by_age ON outgoing (changed_ms) WHERE item IS NULL;
  CREATE TABLE seen (
    conversation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    sent_ns INTEGER NOT NULL,
    PRIMARY KEY (conversation, tag)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_time ON seen (conversation, sent_ns);
  CREATE TABLE ledger (
    conversation INTEGER NOT NULL,
    tag BLOB NOT NULL,
    note BLOB NOT NULL,
    PRIMARY KEY (conversation, tag)
  ) STRICT, WITHOUT ROWID;
`;

/** The sealed database of a Convos account: how it is opened, and what its tables are built with. */
export const {
  createSealer,
  openDatabase,
  prepare,
  readBlob,
  readInteger,
  readText,
  runTransaction,
} = defineStore({
  applicationId: 0x434e5653, // "CNVS"
  keyLabel: "convos-node-sdk store",
  schema: SCHEMA,
  schemaVersion: SCHEMA_VERSION,
  StoreError: ConvosError,
});
