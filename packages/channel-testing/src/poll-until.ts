import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "./errors.ts";

const INTERVAL_MS = 100;

/**
 * Reads again and again until `accept` says yes, and returns what was read then. For facts that nobody announces;
 * where there is an event, await the event.
 *
 * @throws {@link HarnessError} `deadline`, quoting what was read last.
 */
export async function pollUntil<T>(
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (performance.now() > endMs)
      throw new HarnessError(
        "deadline",
        `${what}: not in ${timeoutMs} ms; last: ${JSON.stringify(value)}`,
      );
    await sleep(INTERVAL_MS);
  }
}
