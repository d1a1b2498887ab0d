import { HarnessError } from "./errors.ts";

/**
 * Awaits `promise` for at most `timeoutMs`.
 *
 * @param what - Names the awaited event in the error, for example "the reply to hello".
 * @param context - More text for the error, read only when the time is up, for example the end of a log.
 * @throws {@link HarnessError} `deadline`. The promise itself goes on.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  timeoutMs: number,
  what: string,
  context?: () => string,
): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const more = context === undefined ? "" : `\n${context()}`;
    reject(new HarnessError("deadline", `${what}: nothing in ${timeoutMs} ms${more}`));
  }, timeoutMs);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
