import type { Conversation } from "../conversation/conversation.ts";

/** Conversations that the operator has not approved, waiting requests included. */
export const MAX_UNTRUSTED = 200;

/** Of these, so many are kept for those who have said something, whoever comes after them. */
export const MAX_UNTRUSTED_HEARD = MAX_UNTRUSTED / 2;

/** How long an unapproved conversation is kept. */
export const UNTRUSTED_LIFETIME_MS = 24 * 60 * 60_000;

/**
 * Which unapproved conversations have to go: those past their day, and the oldest beyond the number we keep. So a flood
 * of new ids costs a bounded number of sessions, whatever it costs those who make them.
 *
 * Ids that only ask for contact cost nearly nothing, so they do not push out those who have said something; and those
 * who have do not take all the room, so that a newcomer always finds some.
 */
export function selectDispensable(
  conversations: Iterable<Conversation>,
  nowMs: number,
): Conversation[] {
  const untrusted = [...conversations].filter((conversation) => !conversation.trusted);
  const isExpired = ({ createdAtMs }: Conversation): boolean =>
    createdAtMs < nowMs - UNTRUSTED_LIFETIME_MS;
  const expired = untrusted.filter(isExpired);
  if (untrusted.length - expired.length <= MAX_UNTRUSTED) return expired;

  const newestFirst = untrusted
    .filter((conversation) => !isExpired(conversation))
    .toSorted((left, right) => right.createdAtMs - left.createdAtMs);
  const heard = newestFirst.filter(({ lastInboundMs }) => lastInboundMs > 0);
  const kept = new Set(heard.slice(0, MAX_UNTRUSTED_HEARD));
  for (const conversation of newestFirst) {
    if (kept.size >= MAX_UNTRUSTED) break;
    kept.add(conversation);
  }
  return [...expired, ...newestFirst.filter((conversation) => !kept.has(conversation))];
}
