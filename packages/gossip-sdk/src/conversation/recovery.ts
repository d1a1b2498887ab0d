import { renew, wantAnnouncement } from "./announcing.ts";
import { retentionCutoffMs } from "./conversation.ts";
import { enqueueKeepAlive, purgeQueued } from "./queue.ts";
import { jittered, type Step, update, updateDue } from "./step.ts";
import {
  NEVER_MS,
  SATURATION_JITTER_MS,
  SATURATION_PATIENCE_MS,
  STALE_AFTER_MS,
} from "./timing.ts";

/** What time alone brings: expiry, keep-alive, answers that are due, what has grown too old (section 11). */
export function onTick(step: Step): void {
  applyRetention(step);
  refresh(step);
  if (!step.conversation.accepted) return;
  announceWhatIsDue(step);
  remakeWhatIsStale(step);
}

/**
 * Sees to a session that is dead or clogged; runs after every event, so that a loss is met at once. A peer that the
 * operator has not approved gets none of this: it may ask again.
 */
export function recover(step: Step): void {
  const { conversation } = step;
  if (!conversation.accepted || !conversation.trusted) return;
  const status = step.sessions.status(conversation.session);
  if (status === "killed") renew(step);
  if (status !== "saturated") {
    if (conversation.due.saturationMs !== undefined) updateDue(step, { saturationMs: undefined });
  } else if (conversation.due.saturationMs === undefined) {
    const patienceMs = jittered(step, SATURATION_PATIENCE_MS, SATURATION_JITTER_MS);
    updateDue(step, { saturationMs: step.nowMs + patienceMs });
  }
}

function refresh(step: Step): void {
  const { session, accepted, trusted, queue } = step.conversation;
  const { session: refreshed, keepAliveDue, expired } = step.sessions.refresh(session, step.nowMs);
  if (expired) {
    // The rule looks at what the peer said last. A session that we have just renewed with a silent peer would expire
    // again at once, be renewed again, and so on: our own announcement gives it the same time once more.
    const announcedAtMs = session.outgoing?.createdAtMs ?? 0;
    if (announcedAtMs < step.nowMs - STALE_AFTER_MS) {
      update(step, { session: refreshed });
      step.effects.push({ type: "notice", notice: "session_lost" });
    }
    return;
  }
  const idle = queue.every((item) => item.posted);
  if (keepAliveDue && accepted && trusted && idle) enqueueKeepAlive(step);
}

function announceWhatIsDue(step: Step): void {
  const { due, trusted } = step.conversation;
  const isDue = (atMs: number | undefined): boolean => atMs !== undefined && atMs <= step.nowMs;
  if (isDue(due.reinstallAnswerMs)) {
    updateDue(step, { reinstallAnswerMs: undefined });
    update(step, { reinstallAnsweredMs: step.nowMs });
    wantAnnouncement(step);
  }
  if (isDue(due.silenceMs)) {
    updateDue(step, { silenceMs: undefined });
    if (trusted) wantAnnouncement(step);
  }
  if (isDue(due.saturationMs)) {
    // Once: `recover` arms it anew only after the session has been something else than saturated.
    updateDue(step, { saturationMs: NEVER_MS });
    if (trusted) wantAnnouncement(step);
  }
  if (isDue(due.squattedMs) || isDue(due.ownSquattedMs)) {
    // New addresses, which whoever squats on the old ones cannot know.
    updateDue(step, { squattedMs: undefined, ownSquattedMs: undefined });
    if (trusted) renew(step);
  }
}

function remakeWhatIsStale(step: Step): void {
  const staleMs = step.nowMs - STALE_AFTER_MS;
  const { announcement, session, queue, trusted } = step.conversation;
  if (announcement?.stage === "built" && announcement.builtAtMs < staleMs) {
    update(step, { announcement: undefined });
    wantAnnouncement(step);
    return;
  }
  if (!trusted || announcement !== undefined) return;
  const unanswered =
    session.incoming === undefined && (session.outgoing?.createdAtMs ?? 0) < staleMs;
  const unposted = queue.some(
    (item) => !item.posted && (item.value?.sentAtMs ?? Infinity) < staleMs,
  );
  if (unanswered || unposted) wantAnnouncement(step);
}

function applyRetention(step: Step): void {
  const { retention } = step.conversation;
  const cutoffMs = retentionCutoffMs(retention, step.nowMs);
  if (retention !== undefined && cutoffMs !== undefined) {
    purgeQueued(step, cutoffMs, retention.sinceMs);
  }
}
