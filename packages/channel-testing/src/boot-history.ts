import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { HostPaths } from "./host-paths.ts";

/**
 * Makes the host forget its unclean ends: after three of them within five minutes it starts no channel.
 * For tests that kill a gateway on purpose. Call it while no gateway runs.
 */
export function clearBootHistory(paths: HostPaths): void {
  if (!existsSync(paths.database)) return;
  using database = new DatabaseSync(paths.database, { timeout: 5000 });
  database.exec("DELETE FROM gateway_boot_lifecycle");
}
