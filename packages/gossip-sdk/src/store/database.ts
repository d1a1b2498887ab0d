import { defineStore } from "sdk-kit";
import { GossipError } from "../errors.ts";

/** Version of the tables below. A database with a higher one is left alone. */
const SCHEMA_VERSION = 1;

/*
 * Columns in clear are row numbers, times, statuses and look-up tags; everything a person or a peer made is sealed.
 * AUTOINCREMENT, because the number of a deleted event must never come back and be marked as handled by mistake.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE conversations (peer BLOB PRIMARY KEY, state BLOB NOT NULL) STRICT;
  CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    peer BLOB NOT NULL,
    message BLOB NOT NULL UNIQUE,
    status TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    item BLOB
  ) STRICT;
  CREATE INDEX outgoing_by_age ON outgoing (changed_ms) WHERE item IS NULL;
  CREATE TABLE incoming (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    peer BLOB NOT NULL,
    event BLOB NOT NULL
  ) STRICT;
  CREATE INDEX incoming_by_peer ON incoming (peer);
  CREATE TABLE seen (
    tag BLOB PRIMARY KEY,
    seen_ms INTEGER NOT NULL,
    note BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_age ON seen (seen_ms);
`;

/** The sealed database of a Gossip account: how it is opened, and what its tables are built with. */
export const {
  createSealer,
  openDatabase,
  prepare,
  readBlob,
  readInteger,
  readText,
  runTransaction,
} = defineStore({
  applicationId: 0x47535350, // "GSSP"
  keyLabel: "gossip-sdk store",
  schema: SCHEMA,
  schemaVersion: SCHEMA_VERSION,
  StoreError: GossipError,
});
