import { setTimeout as sleep } from "node:timers/promises";
import type { GossipConnection } from "./client.ts";

const INTERVAL_MS = 10_000;

/**
 * Looks now and then at contact requests that wait, until the signal aborts: with `autoAccept: "allowed"`, somebody
 * may be put on the list after asking, and rules change without a restart.
 */
export async function reviewContacts(
  connection: Pick<GossipConnection, "reviewRequests">,
  signal: AbortSignal,
  onError: (error: unknown) => void,
  intervalMs = INTERVAL_MS,
): Promise<void> {
  for (;;) {
    await sleep(intervalMs, undefined, { signal, ref: false });
    try {
      await connection.reviewRequests();
    } catch (error) {
      signal.throwIfAborted();
      // Not knowing whether somebody is allowed is no reason to stop the account.
      onError(error);
    }
  }
}
