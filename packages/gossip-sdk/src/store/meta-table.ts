import type { DatabaseSync } from "node:sqlite";
import { GossipError } from "../errors.ts";
import type { Sealer } from "./sealer.ts";
import { prepare } from "./statement.ts";

const TABLE = "meta";
/** The one value in clear: it depends on the key and on nothing else, so a wrong key is told from damage. */
const KEY_CHECK = "key_check";

/** Names of the single values a client keeps. */
type MetaName = "bulletin_position" | "early_announcements" | "keys_published" | "forks_noticed";

/** Single sealed values, by name. */
export interface MetaTable {
  get(name: MetaName): Uint8Array | undefined;
  set(name: MetaName, value: Uint8Array): void;
}

export function createMetaTable(database: DatabaseSync, sealer: Sealer): MetaTable {
  const select = prepare(database, "SELECT value FROM meta WHERE name = ?");
  const upsert = prepare(
    database,
    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  return {
    get(name) {
      const value = select.get(name)?.["value"];
      if (!(value instanceof Uint8Array)) return undefined;
      return sealer.open(TABLE, Buffer.from(name), value);
    },
    set(name, value) {
      upsert.run(name, sealer.seal(TABLE, Buffer.from(name), value));
    },
  };
}

/** Marks a new database as belonging to this key. */
export function writeKeyCheck(database: DatabaseSync, sealer: Sealer): void {
  database
    .prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
    .run(KEY_CHECK, sealer.tag("key check"));
}

/** @throws GossipError `wrong_key` when the database was made with another identity, `state_unreadable` without a mark. */
export function assertKeyMatches(database: DatabaseSync, sealer: Sealer): void {
  const found = database.prepare("SELECT value FROM meta WHERE name = ?").get(KEY_CHECK)?.["value"];
  if (!(found instanceof Uint8Array)) {
    throw new GossipError("state_unreadable", "store: the key check is missing");
  }
  if (Buffer.compare(found, sealer.tag("key check")) !== 0) {
    throw new GossipError("wrong_key", "store: sealed by another identity");
  }
}
