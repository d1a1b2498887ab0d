// Answers that wait for the network are nobody's any more when their person loses access meanwhile.
import { setTimeout as sleep } from "node:timers/promises";
import type { Outbox } from "channel-durability";

/** Who loses access is cut off within two seconds, as with a turn at work. */
const INTERVAL_MS = 1000;
/** While nobody can say who has access. */
const LONGEST_PAUSE_MS = 60_000;
/** Thousands of messages that wait cost no more than a tenth of the time. */
const REST_PER_WORK = 10;

export interface DropRefusedOptions {
  readonly outbox: Pick<Outbox<never>, "dropRefused">;
  readonly countUnsent: () => number;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  readonly intervalMs?: number;
}

/** Gives up once what may not go out. @returns False when that could not be looked at. */
export async function dropRefusedOnce({
  countUnsent,
  onError,
  outbox,
}: Omit<DropRefusedOptions, "signal" | "intervalMs">): Promise<boolean> {
  try {
    if (countUnsent() > 0) await outbox.dropRefused();
    return true;
  } catch (error) {
    onError(error);
    return false;
  }
}

/** Gives up what may not go out any more, until the signal aborts. Costs one count while nothing waits. */
export async function dropRefused({
  intervalMs = INTERVAL_MS,
  signal,
  ...options
}: DropRefusedOptions): Promise<void> {
  let pauseMs = intervalMs;
  for (;;) {
    await sleep(pauseMs, undefined, { signal, ref: false });
    const beganAtMs = performance.now();
    const isDone = await dropRefusedOnce(options);
    const wantedMs = isDone ? (performance.now() - beganAtMs) * REST_PER_WORK : pauseMs * 2;
    pauseMs = Math.min(Math.max(intervalMs, wantedMs), LONGEST_PAUSE_MS);
  }
}
