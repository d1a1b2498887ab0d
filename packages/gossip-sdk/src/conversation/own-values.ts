import { equalBytes } from "../codec/bytes.ts";
import { noticeFork } from "./announcing.ts";
import { replaceItem } from "./queue.ts";
import { type OwnValue, type Step, updateDue } from "./step.ts";
import { SQUATTED_PATIENCE_MS } from "./timing.ts";

/**
 * The relay has, or has not, a value at an address of ours.
 *
 * Other bytes than ours, signed for the address, can only come from a copy of this state (or from the peer, which knows
 * the key too): the chain has gone on without us. Bytes that are not signed for it are the relay's doing: if they stay,
 * the peer never sees what we have to say there.
 *
 * @param found - Undefined when the relay has nothing there: whatever it answered to the post, it has to be repeated.
 */
export function onOwnValue(step: Step, seeker: Uint8Array, found: OwnValue | undefined): void {
  const { queue, session, due } = step.conversation;
  const item = queue.find(({ value }) => value !== undefined && equalBytes(value.seeker, seeker));
  const next = step.sessions.nextOwnSeeker(session);
  const isNext = next !== undefined && equalBytes(next, seeker);
  if (item?.value === undefined && !isNext) return;

  if (found === undefined) {
    if (item?.posted === true) replaceItem(step, item, { posted: false, verified: false });
  } else if (item?.value !== undefined && equalBytes(found.data, item.value.data)) {
    if (!item.posted || !item.verified) replaceItem(step, item, { posted: true, verified: true });
  } else if (found.signed) {
    noticeFork(step);
  } else {
    const dueMs = due.ownSquattedMs ?? step.nowMs + SQUATTED_PATIENCE_MS;
    updateDue(step, { ownSquattedMs: dueMs });
    return;
  }
  if (due.ownSquattedMs !== undefined) updateDue(step, { ownSquattedMs: undefined });
}
