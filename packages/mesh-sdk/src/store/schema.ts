import { definePlainStore } from "sdk-kit";
import { MeshError } from "../errors.ts";

/** Version of the tables below. A database with a higher one is left alone. */
const SCHEMA_VERSION = 1;
/** Read through at the opening up to here, some 50 ms; damage in a larger file shows when it is met. */
const READ_THROUGH_BYTES = 64 * 1024 * 1024;

/*
 * Nothing in here is sealed, unlike the stores of the other channels: it holds what every relay on the way has read and
 * stored too. Direct messages come here as their sealed bytes. What is worth hiding, the key of the peer and the keys that
 * open direct messages, lies elsewhere. The files are for their owner alone all the same: whom one listens to is private.
 *
 * An arrival number is used once, by whatever arrives, so that cursors and events stay true after deletions; the counter
 * stands in `meta`. Each channel and each sender has a floor, the latest timestamp among what was deleted of it: nothing
 * up to there is taken again, so that no list of deleted messages has to grow.
 */
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE cursors (
    peer TEXT NOT NULL,
    channel TEXT NOT NULL,
    value TEXT NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (peer, channel)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cursors_by_change ON cursors (changed);
  CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    floor_ms INTEGER NOT NULL,
    oldest_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX channels_without_messages ON channels (floor_ms) WHERE messages = 0;
  CREATE INDEX channels_by_size ON channels (bytes);
  CREATE INDEX channels_by_age ON channels (oldest_ms);
  CREATE TABLE senders (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    floor_ms INTEGER NOT NULL,
    oldest_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX senders_without_messages ON senders (floor_ms) WHERE messages = 0;
  CREATE TABLE messages (
    arrival INTEGER PRIMARY KEY,
    channel INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    digest BLOB NOT NULL,
    message_id TEXT NOT NULL,
    shown INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    timestamp TEXT NOT NULL,
    body TEXT NOT NULL,
    payload TEXT,
    signature TEXT
  ) STRICT;
  CREATE UNIQUE INDEX messages_by_place ON messages (channel, timestamp_ms, digest);
  CREATE INDEX messages_by_id ON messages (channel, message_id, shown, sender);
  CREATE INDEX messages_by_arrival ON messages (channel);
  CREATE INDEX messages_by_sender ON messages (sender, timestamp_ms);
  CREATE TABLE sums (
    channel INTEGER NOT NULL,
    level INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    sum BLOB NOT NULL,
    PRIMARY KEY (channel, level, bucket)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE inbox (id INTEGER PRIMARY KEY, arrival INTEGER NOT NULL UNIQUE, bytes INTEGER NOT NULL) STRICT;
  CREATE TABLE quarantine (
    arrival INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    handed INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    message_id TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    payload TEXT,
    signature TEXT
  ) STRICT;
  CREATE TABLE dropped (digest BLOB PRIMARY KEY, timestamp_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX dropped_by_time ON dropped (timestamp_ms);
`;

/** The database of a mesh peer: how it is opened, and what its tables are built with. */
export const { openDatabase, prepare, readBlob, readInteger, readText, runTransaction } =
  definePlainStore({
    applicationId: 0x4d455348, // "MESH"
    readThroughBytes: READ_THROUGH_BYTES,
    schema: SCHEMA,
    schemaVersion: SCHEMA_VERSION,
    StoreError: MeshError,
  });
