import type { DatabaseSync, StatementSync } from "node:sqlite";
import { readBlob, readInteger } from "./database.ts";

/** The newest key package of each installation. */
export class KeyPackages {
  readonly #put: StatementSync;
  readonly #get: StatementSync;
  readonly #count: StatementSync;

  constructor(database: DatabaseSync) {
    this.#put = database.prepare(
      `INSERT INTO key_packages (installation_key, key_package) VALUES (?, ?)
       ON CONFLICT (installation_key) DO UPDATE SET key_package = excluded.key_package`,
    );
    this.#get = database.prepare("SELECT key_package FROM key_packages WHERE installation_key = ?");
    this.#count = database.prepare("SELECT count(*) AS installations FROM key_packages");
  }

  put(installationKey: Uint8Array, keyPackage: Uint8Array): void {
    this.#put.run(installationKey, keyPackage);
  }

  get(installationKey: Uint8Array): Uint8Array | undefined {
    const row = this.#get.get(installationKey);
    return row === undefined ? undefined : readBlob(row, "key_package");
  }

  count(): number {
    return Number(readInteger(this.#count.get(), "installations"));
  }
}
