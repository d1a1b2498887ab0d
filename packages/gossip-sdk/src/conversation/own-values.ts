import { equalBytes } from "../codec/bytes.ts";
import { noticeFork } from "./announcing.ts";
import { replaceItem } from "./queue.ts";
import type { Step } from "./step.ts";

/**
 * The relay has, or has not, a value at an address of ours (attack: copied or old state).
 *
 * Other bytes than ours mean that a copy of this state has been sending, or that somebody squats there: in both cases
 * the peer will never see what we have to say on this chain.
 *
 * @param data - Undefined when the relay has nothing there: whatever it answered to the post, it has to be repeated.
 */
export function onOwnValue(step: Step, seeker: Uint8Array, data: Uint8Array | undefined): void {
  const { queue, session } = step.conversation;
  const item = queue.find(({ value }) => value !== undefined && equalBytes(value.seeker, seeker));
  if (item?.value === undefined) {
    const next = step.sessions.nextOwnSeeker(session);
    const unwritten = next !== undefined && equalBytes(next, seeker);
    if (unwritten && data !== undefined) noticeFork(step);
  } else if (data === undefined) {
    if (item.posted) replaceItem(step, item, { posted: false, verified: false });
  } else if (equalBytes(data, item.value.data)) {
    if (!item.posted || !item.verified) replaceItem(step, item, { posted: true, verified: true });
  } else {
    noticeFork(step);
  }
}
