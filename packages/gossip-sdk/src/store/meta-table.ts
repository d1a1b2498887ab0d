import type { DatabaseSync } from "node:sqlite";
import type { Sealer } from "sdk-kit";
import { prepare } from "./database.ts";

const TABLE = "meta";

/** Names of the single values a client keeps. */
type MetaName =
  | "bulletin_position"
  | "early_announcements"
  | "keys_published"
  | "forks_noticed"
  | "fork_noticed_at";

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
