// One file holds everything an account owes and is owed: events not yet adopted by the host (ingress), messages
// not yet known to have left (outbox), senders who hold or held a pairing code (waiting). One file, so that a backup of it
// is consistent.

/** "chdu": marks the file as ours, so that a foreign database is refused instead of migrated. */
export const APPLICATION_ID = 0x63_68_64_75;
/** Raised with every change of {@link SCHEMA}. A file with a higher number is refused untouched. */
export const SCHEMA_VERSION = 2;

/** The tables of version 1. */
const TABLES = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ingress (
  seq INTEGER PRIMARY KEY,
  id_tag TEXT NOT NULL UNIQUE,
  lane_tag TEXT,
  status TEXT NOT NULL CHECK (status IN ('pending', 'claimed', 'completed', 'failed')),
  head BLOB NOT NULL,
  payload BLOB,
  metadata BLOB,
  received_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_attempt_at INTEGER,
  last_error BLOB,
  claim_token TEXT,
  claim_owner TEXT,
  claimed_at INTEGER,
  settled_at INTEGER,
  outcome BLOB
) STRICT;
CREATE INDEX ingress_order ON ingress (status, received_at, seq);
CREATE INDEX ingress_age ON ingress (status, updated_at);

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  key_tag TEXT NOT NULL UNIQUE,
  queue_tag TEXT NOT NULL,
  target_tag TEXT NOT NULL,
  part_index INTEGER NOT NULL,
  part_count INTEGER,
  head BLOB NOT NULL,
  body BLOB,
  native_id BLOB,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
CREATE INDEX outbox_queue ON outbox (queue_tag, part_index);
CREATE INDEX outbox_unsent ON outbox (seq) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE waiting (
  sender_tag TEXT PRIMARY KEY,
  head BLOB NOT NULL,
  added_at INTEGER NOT NULL,
  read_at INTEGER,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
`;

// How much waits is asked before each event is taken in, which rows wait at each look for work: neither may touch the rows
// themselves, whose contents can be a megabyte each.
const WAITING_INDEX = `
CREATE INDEX ingress_waiting ON ingress (lane_tag, length(payload)) WHERE status = 'pending';
`;

export const SCHEMA = TABLES + WAITING_INDEX;

/** What a file of an older version has, by its version, and what makes it one of the next version. */
export const OLDER_SCHEMAS: ReadonlyMap<
  number,
  { readonly schema: string; readonly raise: string }
> = new Map([[1, { schema: TABLES, raise: WAITING_INDEX }]]);
