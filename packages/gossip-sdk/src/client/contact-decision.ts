import { setTimeout as pause } from "node:timers/promises";
import type { AcceptDecision } from "../conversation/step.ts";
import { onAbort } from "../pacing/on-abort.ts";
import type { AcceptAnswer, ContactRequest, GossipClientOptions, GossipLog } from "./types.ts";

/** A check that takes longer has not decided. */
const DECISION_TIMEOUT_MS = 10_000;

/** A check that fails may fail for a moment only, a file that cannot be read for instance; then it says no. */
const TRIES = 3;
const RETRY_MS = 200;

/**
 * Asks the owner of the client about a contact request. What cannot decide says no.
 *
 * @throws The signal's reason when it aborts: nothing was decided then, and the request has to be taken again.
 */
export async function decideContact(
  request: ContactRequest,
  deps: {
    shouldAccept: GossipClientOptions["shouldAccept"];
    log: GossipLog;
    signal: AbortSignal;
  },
): Promise<AcceptDecision> {
  const { shouldAccept, log, signal } = deps;
  if (shouldAccept === undefined) return "rejected";
  for (let tries = 1; tries <= TRIES; tries += 1) {
    signal.throwIfAborted();
    try {
      const answer = await orTooLate(shouldAccept(request), signal);
      if (answer === "trusted") return "trusted";
      if (answer !== "too late") return answer ? "accepted" : "rejected";
      // It would only hold up what comes after it once more.
      break;
    } catch {
      signal.throwIfAborted();
      if (tries < TRIES) await pause(RETRY_MS * tries, undefined, { signal });
    }
  }
  // The error may quote the request.
  log.warn("contact request: the check failed, so it is not accepted");
  return "rejected";
}

async function orTooLate(
  answer: AcceptAnswer | Promise<AcceptAnswer>,
  signal: AbortSignal,
): Promise<AcceptAnswer | "too late"> {
  if (typeof answer !== "object") return answer;
  const { promise: late, resolve, reject } = Promise.withResolvers<"too late">();
  const timer = setTimeout(() => resolve("too late"), DECISION_TIMEOUT_MS);
  const stopWatching = onAbort([signal], reject);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    stopWatching();
  }
}
