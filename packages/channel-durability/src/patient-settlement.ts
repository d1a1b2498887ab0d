// The ends of events wait for the disk. The host tries such a write for two minutes and then holds the event and its lane
// until the account is started anew: its person would not be heard after a disk was full for a while.

import { setTimeout as sleep } from "node:timers/promises";
import type { IngressQueue } from "./ingress-queue.ts";
import { isDiskFailure } from "./store.ts";

/** A full disk does not empty itself within a second. */
const RETRY_MS = 5000;

type Settlement = Pick<IngressQueue<never>, "complete" | "release" | "fail">;

export interface PatientSettlementOptions {
  /** Aborts when the account stops: an end that could not be written then comes again after the next start. */
  readonly signal: AbortSignal;
  /** Told once per end that has to wait. */
  readonly onError: (error: unknown) => void;
  readonly retryMs?: number;
}

/** `complete`, `release` and `fail` of the queue, which try again as long as only the disk fails. */
export function createPatientSettlement(
  queue: Settlement,
  { onError, retryMs = RETRY_MS, signal }: PatientSettlementOptions,
): Settlement {
  async function settle<T>(write: () => Promise<T>): Promise<T> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await write();
      } catch (error) {
        if (signal.aborted || !isDiskFailure(error)) throw error;
        if (isFirst) onError(error);
        await sleep(retryMs, undefined, { signal });
      }
    }
  }
  return {
    complete: (reference, options) => settle(() => queue.complete(reference, options)),
    release: (reference, options) => settle(() => queue.release(reference, options)),
    fail: (reference, options) => settle(() => queue.fail(reference, options)),
  };
}
