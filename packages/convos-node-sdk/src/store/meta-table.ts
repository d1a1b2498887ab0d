import type { DatabaseSync } from "node:sqlite";
import { ConvosError } from "../errors.ts";
import type { Sealer } from "./sealer.ts";

/** The one value in clear: it depends on the key and on nothing else, so a wrong key is told from damage. */
const KEY_CHECK = "key_check";

/** Marks a new database as belonging to this key. */
export function writeKeyCheck(database: DatabaseSync, sealer: Sealer): void {
  database
    .prepare("INSERT INTO meta (name, value) VALUES (?, ?)")
    .run(KEY_CHECK, sealer.tag("key check"));
}

/** @throws ConvosError `wrong_key` when the database was made with another root, `state_unreadable` without a mark. */
export function assertKeyMatches(database: DatabaseSync, sealer: Sealer): void {
  const found = database.prepare("SELECT value FROM meta WHERE name = ?").get(KEY_CHECK)?.["value"];
  if (!(found instanceof Uint8Array)) {
    throw new ConvosError("state_unreadable", "store: the key check is missing");
  }
  if (Buffer.compare(found, sealer.tag("key check")) !== 0) {
    throw new ConvosError("wrong_key", "store: sealed by another identity");
  }
}
