import { GossipError } from "../errors.ts";
import { userIdFromBytes } from "../identity/user-id.ts";
import { type MessageContent, parseMessageContent } from "../message/content.ts";
import { settleAcknowledged } from "./queue.ts";
import { type InboundEvent, type SeenNote, type Step, update, updateDue } from "./step.ts";
import { SQUATTED_PATIENCE_MS } from "./timing.ts";

/** Reads a value at the awaited address (sections 6.4 and 8). Its signature has been checked. */
export function onValue(step: Step, seeker: Uint8Array, data: Uint8Array): void {
  const { session, result } = step.sessions.decrypt(step.conversation.session, {
    seeker,
    data,
    nowMs: step.nowMs,
  });
  if (result.kind === "ignored") return;
  update(step, { session });
  if (result.kind === "lost") {
    // An honest peer seals to a key that we gave it. One that we do not know was given by a copy of us.
    if (result.reason === "undecryptable") {
      step.effects.push({ type: "notice", notice: "fork_noticed" });
    }
    step.effects.push({ type: "notice", notice: "session_lost" });
    return;
  }
  const { renewalPause, forkPause } = step.conversation;
  update(step, {
    answered: true,
    lastInboundMs: step.nowMs,
    // The peer is alive: the next loss is met at once again, though never sooner than the pause that runs.
    renewalPause: { ...renewalPause, count: 0 },
    forkPause: { ...forkPause, count: 0 },
  });
  updateDue(step, { silenceMs: undefined, squattedMs: undefined });
  settleAcknowledged(step, result.acknowledgedSeekers);
  const content = tryParse(result.contents);
  if (content === undefined) step.effects.push({ type: "notice", notice: "message_dropped" });
  else receiveContent(step, content, result.sentAtMs);
}

/**
 * The value at the awaited address is not signed for it. Only the relay, or somebody it let, can have put it there, so
 * the session is not given up for it; but if the real value never shows, a new session gets new addresses.
 */
export function onSquatted(step: Step, seeker: Uint8Array): void {
  const awaited = step.sessions.awaitedSeeker(step.conversation.session);
  if (awaited === undefined || Buffer.compare(awaited, seeker) !== 0) return;
  if (step.conversation.due.squattedMs !== undefined) return;
  updateDue(step, { squattedMs: step.nowMs + SQUATTED_PATIENCE_MS });
}

/** The policy of either side holds for both; the last writer wins (section 8). */
export function setRetention(step: Step, seconds: number): void {
  const retention = seconds > 0 ? { seconds, sinceMs: step.nowMs } : undefined;
  update(step, { retention });
}

function receiveContent(step: Step, content: MessageContent, sentAtMs: number): void {
  if (content.type === "keep_alive") return;
  if (content.type === "retention") {
    // It has no id, so a resend cannot be told by one; saying what already holds says nothing.
    if (content.seconds === (step.conversation.retention?.seconds ?? 0)) return;
    setRetention(step, content.seconds);
    emit(step, { type: "retention", seconds: content.seconds }, sentAtMs);
    return;
  }
  // Peers send again under the same id after a renewal, reactions too, whatever the official client makes of them.
  if (step.findSeen(content.messageId) !== undefined) return;
  switch (content.type) {
    case "text":
    case "reply":
    case "forward":
      remember(step, content.messageId, { kind: "message" });
      emit(step, messageEvent(content), sentAtMs);
      return;
    case "reaction": {
      const { messageId, emoji, citedId } = content;
      remember(step, messageId, { kind: "reaction", citedId });
      emit(step, { type: "reaction", messageId, emoji, citedId }, sentAtMs);
      return;
    }
    case "edit":
      remember(step, content.messageId, { kind: "done" });
      // Only what this peer wrote; the official client would let it rewrite our words (section 8).
      if (step.findSeen(content.citedId)?.kind !== "message") return;
      emit(step, { type: "edit", citedId: content.citedId, text: content.text }, sentAtMs);
      return;
    case "delete":
      remember(step, content.messageId, { kind: "done" });
      receiveDelete(step, content.citedId, sentAtMs);
      return;
  }
}

function receiveDelete(step: Step, citedId: Uint8Array, sentAtMs: number): void {
  const cited = step.findSeen(citedId);
  if (cited === undefined || cited.kind === "done") return;
  remember(step, citedId, { kind: "done" });
  const event: InboundEvent =
    cited.kind === "message"
      ? { type: "delete", citedId }
      : { type: "reaction_removed", messageId: citedId, citedId: cited.citedId };
  emit(step, event, sentAtMs);
}

function messageEvent(
  content: Extract<MessageContent, { type: "text" | "reply" | "forward" }>,
): InboundEvent {
  const { messageId, text } = content;
  if (content.type === "text") return { type: "message", messageId, text };
  if (content.type === "reply") {
    return { type: "message", messageId, text, replyTo: content.citedId };
  }
  const author = userIdFromBytes(content.author);
  return { type: "message", messageId, text, forwarded: { text: content.forwardedText, author } };
}

/** What does not parse is dropped; the session has moved on and lives (section 8). */
function tryParse(contents: Uint8Array): MessageContent | undefined {
  try {
    return parseMessageContent(contents);
  } catch (error) {
    if (error instanceof GossipError) return undefined;
    throw error;
  }
}

function emit(step: Step, event: InboundEvent, sentAtMs: number): void {
  step.effects.push({ type: "event", event, sentAtMs });
}

function remember(step: Step, messageId: Uint8Array, note: SeenNote): void {
  step.effects.push({ type: "remember", messageId, note });
}
