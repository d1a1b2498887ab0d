import { setTimeout as sleep } from "node:timers/promises";

/** The host looks at its file when the operating system says that it changed; this covers a busy machine. */
const MAX_WAIT_MS = 15_000;
const POLL_INTERVAL_MS = 200;

/**
 * Resolves when a person is heard who was let in by another process: the file has the new list, and this gateway reads it a
 * moment later. Who was told before that, and wrote at once, would still be a stranger. A gateway that does not read its
 * file again is waited for only `maxWaitMs`.
 *
 * @returns Whether the person is heard now.
 * @throws An AbortError when the signal aborts.
 */
export async function whenAdmitted(
  isAdmitted: () => Promise<boolean>,
  options: { readonly signal: AbortSignal; readonly maxWaitMs?: number },
): Promise<boolean> {
  const { maxWaitMs = MAX_WAIT_MS, signal } = options;
  const timeout = AbortSignal.timeout(maxWaitMs);
  for (;;) {
    if (await isAdmitted()) return true;
    if (timeout.aborted) return false;
    await sleep(POLL_INTERVAL_MS, undefined, { signal });
  }
}
