import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@xmtp/node-bindings";

const LOOK_MS = 5;
const MAX_LOOKS = 400;

/**
 * Closes a native client, and waits until its database is one whole file: the library may let go of it a few
 * milliseconds after it said so. SQLite removes the write-ahead log last, and by its name: one that is still to be
 * removed would take the log of a new database that is made in its place.
 *
 * Gives up after two seconds: a disk that is full keeps the log, and it is read at the next start; a call that is still on
 * keeps it, too.
 *
 * @param onClosed - Called when the library has said so, or has failed to; before the wait.
 */
export async function closeClient(
  client: Pick<Client, "close">,
  databasePath: string,
  onClosed?: () => void,
): Promise<void> {
  try {
    await client.close();
  } finally {
    onClosed?.();
  }
  for (let looks = 0; looks < MAX_LOOKS && existsSync(`${databasePath}-wal`); looks += 1) {
    await sleep(LOOK_MS);
  }
}
