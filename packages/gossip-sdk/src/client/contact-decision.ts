import type { AcceptDecision } from "../conversation/step.ts";
import { onAbort } from "../pacing/on-abort.ts";
import type { AcceptAnswer, ContactRequest, GossipClientOptions, GossipLog } from "./types.ts";

/** A check that takes longer has not decided. */
const DECISION_TIMEOUT_MS = 10_000;

/** Asks the owner of the client about a contact request. What cannot decide says no. */
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
  try {
    const answer = await orTooLate(shouldAccept(request), signal);
    if (answer === "trusted") return "trusted";
    return answer ? "accepted" : "rejected";
  } catch {
    // The error may quote the request.
    if (!signal.aborted) log.warn("contact request: the check failed, so it is not accepted");
    return "rejected";
  }
}

async function orTooLate(
  answer: AcceptAnswer | Promise<AcceptAnswer>,
  signal: AbortSignal,
): Promise<AcceptAnswer> {
  if (typeof answer !== "object") return answer;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("too late")), DECISION_TIMEOUT_MS);
  const stopWatching = onAbort([signal], reject);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    stopWatching();
  }
}
