import { setTimeout as sleep } from "node:timers/promises";
import type { Outbox } from "channel-durability";

const INTERVAL_MS = 15_000;
/** A message that never goes out must not be tried four times a minute for hours. */
const LONGEST_PAUSE_MS = 10 * 60 * 1000;

export interface ResendOptions {
  readonly connection: { status(): { readonly connected: boolean } };
  readonly outbox: Pick<Outbox<never>, "resendUnsent">;
  readonly countUnsent: () => number;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  readonly intervalMs?: number;
}

/**
 * Sends what an outage left in the outbox when the relay is back, until the signal aborts. A message that is just being
 * sent is waited for and not sent twice. Whoever lost access meanwhile gets nothing: the outbox asks before each.
 */
export async function resendWhenConnected(options: ResendOptions): Promise<void> {
  const { connection, outbox, signal, intervalMs = INTERVAL_MS } = options;
  let pauseMs = intervalMs;
  for (;;) {
    await sleep(pauseMs, undefined, { signal, ref: false });
    try {
      const isDue = connection.status().connected && options.countUnsent() > 0;
      const failed = isDue ? (await outbox.resendUnsent({ signal })).failed : 0;
      pauseMs = failed === 0 ? intervalMs : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    } catch (error) {
      signal.throwIfAborted();
      options.onError(error);
    }
  }
}
