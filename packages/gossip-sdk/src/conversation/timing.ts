/** Times and bounds of the machine above the session (docs/protocol/gossip.md sections 7 and 11). */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A dead session is renewed at once, and then not again for this long (section 11)... */
export const RENEWAL_PAUSE_MS = 15 * MINUTE_MS;
/** ...give or take this much, so that two sides that lost each other do not renew in step. */
export const RENEWAL_JITTER_MS = 2 * MINUTE_MS;
/** A peer that shows no sign of life is asked again after ever longer pauses, up to this. */
export const RENEWAL_PAUSE_MAX_MS = DAY_MS;

/** A fork can be noticed again soon after a renewal (a second copy still runs), so this pause starts shorter. */
export const FORK_PAUSE_MS = MINUTE_MS;
export const FORK_PAUSE_MAX_MS = 15 * MINUTE_MS;

/**
 * A copy of us that says that it has announced itself later than we did has the peer. It is at work, or was a moment ago:
 * we take the peer back this long after it, so that two copies do not pull at it every minute.
 */
export const SUPERSEDED_PAUSE_MS = 15 * MINUTE_MS;

/** A session with too many unacknowledged messages is renewed once after this long (section 11). */
export const SATURATION_PATIENCE_MS = 5 * MINUTE_MS;
export const SATURATION_JITTER_MS = 2 * MINUTE_MS;

/** The fresh announcement of a reinstalled peer is answered at most this often (section 7). */
export const REINSTALL_ANSWER_PAUSE_MS = MINUTE_MS;

/** However often one peer asks to talk, the consumer hears of it at most this often, unless it is told something new. */
export const REQUEST_REPORT_PAUSE_MS = MINUTE_MS;

/**
 * After an announcement that we had not waited for, a working peer is heard within this time or gets one of ours: it
 * may have lost the request that our side of the new session was built from (section 7, "reinstalled peer gap").
 */
export const UNSOLICITED_SILENCE_MS = 10 * MINUTE_MS;
/** The same after an announcement that looks like the answer to ours. Longer than the keep-alive interval of one day. */
export const SOLICITED_SILENCE_MS = 25 * HOUR_MS;

/**
 * Peers drop what is older than seven days (section 7). A day before that we make it anew: an unanswered or unposted
 * announcement, and a message that was encrypted but could not be posted.
 */
export const STALE_AFTER_MS = 6 * DAY_MS;

/** An address is of no use while a value lies there that is not signed for it; after this long we renew instead. */
export const SQUATTED_PATIENCE_MS = 2 * MINUTE_MS;

/** Messages encrypted ahead of their post, per peer. More would only grow old while the relay is away. */
export const UNPOSTED_WINDOW = 4;

/** Unsettled messages per peer. Beyond it a send is refused. */
export const MAX_QUEUED_MESSAGES = 1_000;

/** Stands for a time that never comes, where undefined would mean that nothing was decided yet. */
export const NEVER_MS = Number.MAX_SAFE_INTEGER;
