import {
  acceptWaiting,
  buildAnnouncement,
  onAnnouncement,
  onCopyAnnounced,
  onRestore,
  wantAnnouncement,
} from "./announcing.ts";
import { type Conversation, isForked } from "./conversation.ts";
import { onOwnValue } from "./own-values.ts";
import { encryptWaiting, enqueue, forgetVerified, giveUp, onPosted, withdraw } from "./queue.ts";
import { onSquatted, onValue, setRetention } from "./receiving.ts";
import { onTick, recover } from "./recovery.ts";
import {
  type ConversationEffect,
  type ConversationEvent,
  type Step,
  type StepDeps,
  update,
  updateDue,
} from "./step.ts";

/**
 * One step of a conversation: the state machine above the session rules (docs/protocol/gossip.md section 11).
 *
 * Pure: time, randomness, keys and the memory of seen ids come in with `deps`. The caller stores the new state and the
 * effects in one transaction, and only then lets anybody, the relay included, know of either.
 */
export function stepConversation(
  conversation: Conversation,
  event: ConversationEvent,
  deps: StepDeps,
): { conversation: Conversation; effects: readonly ConversationEffect[] } {
  const step: Step = { ...deps, conversation, effects: [] };
  apply(step, event);
  recover(step);
  encryptWaiting(step);
  return { conversation: step.conversation, effects: step.effects };
}

/**
 * The address to poll for this peer's next message, if there is one.
 *
 * None while somebody else has been using our session: what lies on that chain was read and answered by the other
 * copy, and what was not acknowledged comes again after the renewal.
 */
export function addressToPoll(
  conversation: Conversation,
  sessions: StepDeps["sessions"],
): Uint8Array | undefined {
  if (!conversation.accepted || isForked(conversation)) return undefined;
  return sessions.awaitedSeeker(conversation.session);
}

function apply(step: Step, event: ConversationEvent): void {
  switch (event.type) {
    case "request":
      update(step, { accepted: true, trusted: true });
      return wantAnnouncement(step, event.userData);
    case "accept":
      return acceptWaiting(step, event.trusted);
    case "trust":
      return update(step, { trusted: event.trusted });
    case "announcement":
      return onAnnouncement(step, event.opened, event.accept);
    case "restore":
      return onRestore(step, event.opened);
    case "announce":
      return buildAnnouncement(step);
    case "announcement_posted":
      return forgetPostedAnnouncement(step);
    case "send":
      return enqueue(step, event.item, "message");
    case "set_retention":
      return setRetention(step, event.seconds);
    case "posted":
      return onPosted(step, event.messageId);
    case "withdraw":
      return withdraw(step, event.messageId);
    case "refused":
      // Nobody will ever read past the address that stays empty: only a new session goes on.
      if (giveUp(step, event.messageId)) wantAnnouncement(step);
      return undefined;
    case "own_value":
      return onOwnValue(step, event.seeker, event.found);
    case "value":
      // Read before a fork was noticed in the same poll.
      return isForked(step.conversation) ? undefined : onValue(step, event.seeker, event.data);
    case "squatted":
      return onSquatted(step, event.seeker);
    case "vacant":
      return updateDue(step, { squattedMs: undefined });
    case "copy_announced":
      return onCopyAnnounced(step, event.atMs);
    case "relay_reset":
      return onRelayReset(step);
    case "tick":
      return onTick(step);
  }
}

function onRelayReset(step: Step): void {
  forgetVerified(step);
  const { accepted, answered } = step.conversation;
  // The peer has perhaps not read our announcement, and now it never will.
  if (accepted && !answered) wantAnnouncement(step);
}

function forgetPostedAnnouncement(step: Step): void {
  if (step.conversation.announcement?.stage === "built") update(step, { announcement: undefined });
}
