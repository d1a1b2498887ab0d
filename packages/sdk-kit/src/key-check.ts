import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "./sealer.ts";
import type { StoreErrorClass } from "./store-error.ts";

/** The one value in clear: it depends on the key and on nothing else, so a wrong key is told from damage. */
const KEY_CHECK = "key_check";

/** Marks a new database, which has a table `meta`, as belonging to this key. */
export function writeKeyCheck(database: DatabaseSync, sealer: Sealer): void {
  database
    .prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
    .run(KEY_CHECK, sealer.tag("key check"));
}

/** @throws StoreError `wrong_key` when the database was made with another identity, `state_unreadable` without a mark. */
export function assertKeyCheck(
  StoreError: StoreErrorClass,
  database: DatabaseSync,
  sealer: Sealer,
): void {
  const found = database.prepare("SELECT value FROM meta WHERE name = ?").get(KEY_CHECK)?.["value"];
  if (!(found instanceof Uint8Array)) {
    throw new StoreError("state_unreadable", "store: the key check is missing");
  }
  if (Buffer.compare(found, sealer.tag("key check")) !== 0) {
    throw new StoreError("wrong_key", "store: sealed by another identity");
  }
}
