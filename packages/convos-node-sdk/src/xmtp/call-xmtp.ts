import { ConvosError } from "../errors.ts";
import { asXmtpError } from "./failures.ts";

/** Long enough for a megabyte at 10 kB a second. */
export const ANSWER_MAX_MS = 120_000;

export interface CallLimits {
  /** Ends the wait, with its reason. */
  readonly signal?: AbortSignal;
  /** Default two minutes. */
  readonly answerMaxMs?: number;
  /** Called when that has passed. */
  readonly onLate?: () => void;
}

/** {@link callXmtp} with its limits set. */
export type XmtpCall = <T>(operation: string, work: () => Promise<T>) => Promise<T>;

/**
 * Calls XMTP's library, and waits no longer than it makes sense. The library itself waits for ever: for an answer that a
 * node never gives, and on after the client was closed.
 *
 * What it does in the end is not undone: whoever calls must be able to do the same again.
 *
 * @throws ConvosError as of {@link asXmtpError}; `network_unreachable` when there is no answer in time; the signal's reason.
 */
export async function callXmtp<T>(
  operation: string,
  work: () => Promise<T>,
  { signal, answerMaxMs = ANSWER_MAX_MS, onLate }: CallLimits = {},
): Promise<T> {
  signal?.throwIfAborted();
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => {
    reject(new ConvosError("network_unreachable", `${operation}: XMTP gave no answer in time`));
    onLate?.();
  }, answerMaxMs);
  try {
    return await Promise.race([asXmtpError(operation, work), givenUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
