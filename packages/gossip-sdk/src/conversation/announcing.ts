import {
  type AnnouncementPayload,
  tryDecodeAnnouncementPayload,
} from "../announcement/announcement-payload.ts";
import type { OpenedAnnouncement } from "../announcement/announcement.ts";
import {
  isForked,
  type Pause,
  type PendingAnnouncement,
  type RequestText,
} from "./conversation.ts";
import { requeue } from "./queue.ts";
import { type AcceptDecision, jittered, type Step, update, updateDue } from "./step.ts";
import {
  FORK_PAUSE_MAX_MS,
  FORK_PAUSE_MS,
  REINSTALL_ANSWER_PAUSE_MS,
  RENEWAL_JITTER_MS,
  RENEWAL_PAUSE_MAX_MS,
  RENEWAL_PAUSE_MS,
  REQUEST_REPORT_PAUSE_MS,
  SOLICITED_SILENCE_MS,
  SUPERSEDED_PAUSE_MS,
  UNSOLICITED_SILENCE_MS,
} from "./timing.ts";

const RENEWAL_PAUSES = { firstMs: RENEWAL_PAUSE_MS, maxMs: RENEWAL_PAUSE_MAX_MS };
const FORK_PAUSES = { firstMs: FORK_PAUSE_MS, maxMs: FORK_PAUSE_MAX_MS };
/** An announcement waits for a fork pause at most, with its jitter and some room. */
const MAX_ANNOUNCE_WAIT_MS = 2 * FORK_PAUSE_MAX_MS;
/** Far above what either bound needs. */
const MAX_DOUBLINGS = 16;

/** Acceptances and renewals say nothing but that they are there (section 5.3). */
const NO_USER_DATA = new Uint8Array(0);

/**
 * Asks for an announcement of ours. It is built when it may go out, not now, so that a flood of requests costs us
 * nothing but the wish.
 */
export function wantAnnouncement(step: Step, userData: Uint8Array = NO_USER_DATA): void {
  // One that is on its way does what a second one would.
  if (step.conversation.announcement !== undefined) return;
  const { nowMs } = step;
  update(step, {
    announcement: { stage: "wanted", sinceMs: nowMs, notBeforeMs: nowMs, userData, forked: false },
  });
}

/**
 * Agrees to talk to somebody who has been waiting: what the request said was only reported as one that was not accepted,
 * and nobody has answered it yet.
 */
export function acceptWaiting(step: Step, trusted: boolean): void {
  const { accepted, request, session } = step.conversation;
  accept(step, trusted);
  if (accepted || request === undefined) return;
  emitRequest(step, request, session.incoming?.createdAtMs ?? step.nowMs);
}

/** Agrees to talk. Harmless when we already did. */
function accept(step: Step, trusted: boolean): void {
  const { conversation } = step;
  update(step, { accepted: true, trusted: conversation.trusted || trusted });
  if (!conversation.accepted) wantAnnouncement(step);
}

/** Builds the wanted announcement. If the peer ever announced itself, this starts a new session at once. */
export function buildAnnouncement(step: Step): void {
  const { announcement, session, publicKeys } = step.conversation;
  if (announcement?.stage !== "wanted") return;
  const { userData } = announcement;
  const built = step.sessions.establish(session, { peer: publicKeys, userData, nowMs: step.nowMs });
  requeue(step);
  update(step, {
    session: built.session,
    announcement: { stage: "built", bytes: built.announcement, builtAtMs: step.nowMs },
    answered: false,
  });
  updateDue(step, { silenceMs: undefined, squattedMs: undefined, ownSquattedMs: undefined });
}

/**
 * Somebody else continued our session: from now on it is neither read nor written. It is renewed at once, or, when that
 * was just done (the other copy still runs), after a pause.
 */
export function noticeFork(step: Step): void {
  const { announcement, forkPause } = step.conversation;
  // A built one has already made a new session, in which nobody can have been before the peer has read it.
  if (announcement?.stage === "built" || isForked(step.conversation)) return;
  step.effects.push({ type: "notice", notice: "fork_noticed" });
  const isPaused = isAhead(forkPause.untilMs, step.nowMs, MAX_ANNOUNCE_WAIT_MS);
  const notBeforeMs = isPaused ? forkPause.untilMs : step.nowMs;
  update(step, {
    announcement: {
      stage: "wanted",
      sinceMs: announcement?.sinceMs ?? step.nowMs,
      notBeforeMs,
      userData: announcement?.userData ?? NO_USER_DATA,
      forked: true,
    },
    forkPause: nextPause(step, forkPause, notBeforeMs, FORK_PAUSES),
  });
}

/**
 * A copy of us has announced itself to the peer, which goes by the newest announcement: if that is not ours, the peer
 * neither writes to our session nor reads it, and nothing in the session itself would ever show that.
 */
export function onCopyAnnounced(step: Step, atMs: number): void {
  const { accepted, session, announcement } = step.conversation;
  if (!accepted || atMs <= (session.outgoing?.createdAtMs ?? 0)) return;
  // An announcement that is older than the copy's would be dropped by the peer.
  if (announcement?.stage === "built") update(step, { announcement: undefined });
  noticeFork(step);
  const wanted = step.conversation.announcement;
  if (wanted?.stage !== "wanted") return;
  // Counted from the copy's announcement: the word of one that has long ended holds nothing up.
  const takeBackMs = atMs + jittered(step, SUPERSEDED_PAUSE_MS, RENEWAL_JITTER_MS);
  const notBeforeMs = Math.max(wanted.notBeforeMs, takeBackMs);
  update(step, { announcement: { ...wanted, notBeforeMs } });
}

/** Renews a dead session, unless that was done a short while ago (section 11). */
export function renew(step: Step): void {
  const { renewalPause } = step.conversation;
  if (isAhead(renewalPause.untilMs, step.nowMs, RENEWAL_PAUSE_MAX_MS + RENEWAL_JITTER_MS)) return;
  update(step, {
    renewalPause: nextPause(step, renewalPause, step.nowMs, RENEWAL_PAUSES),
  });
  wantAnnouncement(step);
}

/** An announcement of this peer came from the bulletin (sections 7 and 11). */
export function onAnnouncement(
  step: Step,
  opened: OpenedAnnouncement,
  decision: AcceptDecision,
): void {
  const before = step.conversation;
  const wasTalking = before.session.incoming !== undefined && before.session.outgoing !== undefined;
  const { session, accepted } = step.sessions.accept(before.session, opened, {
    nowMs: step.nowMs,
    anyAge: false,
  });
  if (!accepted) return;
  update(step, { session, answered: true });
  // With an announcement of ours this made a new session; what was sent in the old one cannot be read any more.
  if (session.active !== before.session.active) requeue(step);

  const payload = tryDecodeAnnouncementPayload(opened.userData);
  if (!before.accepted) {
    if (decision !== "rejected") accept(step, decision === "trusted");
    reportRequest(step, payload, opened, { justAccepted: decision !== "rejected" });
  } else if (wasTalking && opened.userData.length > 0) {
    answerReinstalled(step);
    reportRequest(step, payload, opened);
  } else if (wasTalking) {
    const silenceMs = before.answered ? UNSOLICITED_SILENCE_MS : SOLICITED_SILENCE_MS;
    updateDue(step, { silenceMs: step.nowMs + jittered(step, silenceMs, silenceMs / 10) });
  } else if (payload !== undefined) {
    // Both asked each other at the same time.
    reportRequest(step, payload, opened);
  }
}

/** Takes the newest announcement of a peer whatever its age, and answers it: both sides are in session again. */
export function onRestore(step: Step, opened: OpenedAnnouncement): void {
  const before = step.conversation.session;
  const { session } = step.sessions.accept(before, opened, { nowMs: step.nowMs, anyAge: true });
  update(step, { session, accepted: true, trusted: true });
  if (session.active !== before.active) requeue(step);
  wantAnnouncement(step);
}

/**
 * The peer lost its state: it cannot know the announcement of ours that our side of the new session was built from, and
 * official clients never ask again. A fresh one of ours makes both work (section 7, "reinstalled peer gap").
 */
function answerReinstalled(step: Step): void {
  const earliestMs = step.conversation.reinstallAnsweredMs + REINSTALL_ANSWER_PAUSE_MS;
  updateDue(step, { reinstallAnswerMs: Math.max(step.nowMs, earliestMs) });
}

function reportRequest(
  step: Step,
  payload: AnnouncementPayload | undefined,
  opened: OpenedAnnouncement,
  { justAccepted }: { justAccepted: boolean } = { justAccepted: false },
): void {
  const request: RequestText = {
    username: payload?.username === "" ? undefined : payload?.username,
    message: payload?.message === "" ? undefined : payload?.message,
  };
  const { accepted, request: known, requestReportedMs } = step.conversation;
  update(step, { request });
  // The text of somebody we talk to is a message like any other, and may come as often; so are the words that the
  // decision has just let through. Those that wait for it are replaced by newer ones: they are told of when it is made.
  const isNewText = request.message !== undefined && request.message !== known?.message;
  const hasSay = justAccepted || (accepted && isNewText);
  const reportAgainMs = requestReportedMs + REQUEST_REPORT_PAUSE_MS;
  if (!hasSay && isAhead(reportAgainMs, step.nowMs, REQUEST_REPORT_PAUSE_MS)) return;
  emitRequest(step, request, opened.request.createdAtMs);
}

function emitRequest(step: Step, { username, message }: RequestText, sentAtMs: number): void {
  update(step, { requestReportedMs: step.nowMs });
  step.effects.push({
    type: "event",
    sentAtMs,
    event: {
      type: "contact_request",
      ...(username !== undefined && { username }),
      ...(message !== undefined && { message }),
      accepted: step.conversation.accepted,
    },
  });
}

/** When a pending announcement may be posted, as far as we ourselves hold it back. */
export function announcementDueMs(announcement: PendingAnnouncement, nowMs: number): number {
  if (announcement.stage === "built") return 0;
  const { notBeforeMs } = announcement;
  return isAhead(notBeforeMs, nowMs, MAX_ANNOUNCE_WAIT_MS) ? notBeforeMs : 0;
}

/**
 * Whether a stored time is still to come. One that is further ahead than it can have been set was set while the clock
 * was wrong, and holds nothing up.
 */
function isAhead(atMs: number, nowMs: number, maxSpanMs: number): boolean {
  return atMs > nowMs && atMs <= nowMs + maxSpanMs;
}

/** A pause from a moment on, twice as long as the one before, up to a bound. */
function nextPause(
  step: Step,
  pause: Pause,
  fromMs: number,
  { firstMs, maxMs }: typeof FORK_PAUSES,
): Pause {
  const spanMs = Math.min(firstMs * 2 ** pause.count, maxMs);
  return {
    count: Math.min(pause.count + 1, MAX_DOUBLINGS),
    untilMs: fromMs + jittered(step, spanMs, Math.min(RENEWAL_JITTER_MS, spanMs / 8)),
  };
}
