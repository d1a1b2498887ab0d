import { setTimeout as sleep } from "node:timers/promises";

const POLL_INTERVAL_MS = 200;

/**
 * Resolves when a person is heard who was let in by another process: the file has the new list, and this gateway takes it
 * over later, after the requests and turns at work. Who was told before that, and wrote at once, would still be a stranger.
 *
 * @throws An AbortError when the signal aborts.
 */
export async function whenAdmitted(
  isAdmitted: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  while (!(await isAdmitted())) await sleep(POLL_INTERVAL_MS, undefined, { signal });
}
