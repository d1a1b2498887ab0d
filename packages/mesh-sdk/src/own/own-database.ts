import { defineStore } from "sdk-kit";
import { MeshError } from "../errors.ts";

/** Version of the tables below. A database with a higher one is left alone. */
const SCHEMA_VERSION = 1;

/*
 * What nobody else has: the private halves of our prekeys, whom we write to, and what we have sent but perhaps not stored.
 * Columns in clear are numbers, times, and look-up tags; everything else is sealed under the key of the peer. The messages
 * of the mesh lie in another file, which relays could read as well.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE prekeys (version INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT;
  CREATE TABLE contacts (
    tag BLOB PRIMARY KEY,
    value BLOB NOT NULL,
    prekey BLOB,
    is_ours INTEGER NOT NULL,
    has_answered INTEGER NOT NULL,
    knocked_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX contacts_by_use ON contacts (is_ours, used_ms);
  CREATE TABLE chains (tag BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE sent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tag BLOB NOT NULL UNIQUE,
    receipt BLOB NOT NULL,
    message BLOB,
    sent_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sent_by_age ON sent (sent_ms) WHERE message IS NULL;
  CREATE TABLE waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tag BLOB NOT NULL UNIQUE,
    value BLOB NOT NULL,
    added_ms INTEGER NOT NULL
  ) STRICT;
`;

/** The sealed database of a peer: how it is opened, and what its tables are built with. */
export const { createSealer, openDatabase, prepare, readBlob, readInteger, runTransaction } =
  defineStore({
    applicationId: 0x4d53484f, // "MSHO"
    keyLabel: "mesh-sdk own store",
    schema: SCHEMA,
    schemaVersion: SCHEMA_VERSION,
    StoreError: MeshError,
  });
