import type { Conversation } from "../conversation/conversation.ts";

/** Conversations that the operator has not approved, waiting requests included. */
export const MAX_UNTRUSTED = 200;

/** How long an unapproved conversation is kept. */
export const UNTRUSTED_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * Which unapproved conversations have to go: those past their day, and the oldest beyond the number we keep. So a flood
 * of new ids costs a bounded number of sessions, whatever it costs those who make them.
 */
export function selectDispensable(
  conversations: Iterable<Conversation>,
  nowMs: number,
): Conversation[] {
  const untrusted = [...conversations]
    .filter((conversation) => !conversation.trusted)
    .toSorted((left, right) => right.createdAtMs - left.createdAtMs);
  return untrusted.filter(
    ({ createdAtMs }, index) =>
      index >= MAX_UNTRUSTED || createdAtMs < nowMs - UNTRUSTED_LIFETIME_MS,
  );
}
