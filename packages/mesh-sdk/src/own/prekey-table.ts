import type { DatabaseSync } from "node:sqlite";
import { rowNumberBytes, type Sealer } from "sdk-kit";
import * as z from "zod";
import type { KeptPrekey, PrekeyVault } from "../direct/prekeys.ts";
import { openJson, sealJson } from "./sealed-json.ts";
import { prepare, readBlob, readInteger } from "./own-database.ts";

const TABLE = "prekeys";

const PrekeySchema = z.object({
  publicKey: z.base64(),
  privateKey: z.base64(),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
});

/** The private halves of our prekeys; SQLite overwrites what is deleted. */
export function createPrekeyTable(database: DatabaseSync, sealer: Sealer): PrekeyVault {
  const select = prepare(database, "SELECT version, value FROM prekeys ORDER BY version");
  const insert = prepare(database, "INSERT INTO prekeys (version, value) VALUES (?, ?)");
  const remove = prepare(database, "DELETE FROM prekeys WHERE version = ?");
  // Read for every direct message; a peer has some twenty of them.
  let kept: readonly KeptPrekey[] | undefined;
  return {
    list() {
      kept ??= select.all().map((row) => {
        const version = readInteger(row, "version");
        const sealed = readBlob(row, "value");
        const value = openJson(sealer, PrekeySchema, {
          table: TABLE,
          rowKey: rowNumberBytes(version),
          sealed,
        });
        return {
          version,
          publicKey: new Uint8Array(Buffer.from(value.publicKey, "base64")),
          privateKey: new Uint8Array(Buffer.from(value.privateKey, "base64")),
          createdAtMs: value.createdAtMs,
          expiresAtMs: value.expiresAtMs,
        };
      });
      return kept;
    },
    put({ version, publicKey, privateKey, createdAtMs, expiresAtMs }) {
      const value = {
        publicKey: Buffer.from(publicKey).toString("base64"),
        privateKey: Buffer.from(privateKey).toString("base64"),
        createdAtMs,
        expiresAtMs,
      };
      insert.run(
        version,
        sealJson(sealer, value, { table: TABLE, rowKey: rowNumberBytes(version) }),
      );
      kept = undefined;
    },
    remove(version) {
      remove.run(version);
      for (const prekey of kept ?? []) if (prekey.version === version) prekey.privateKey.fill(0);
      kept = undefined;
    },
  };
}
