import { retentionCutoffMs, type Conversation } from "../conversation/conversation.ts";
import type { SessionStatus } from "../session/peer-session.ts";
import type { ClientContext } from "./client-context.ts";
import type { ContactSummary, GossipClientStatus } from "./types.ts";

/** A conversation as a list of contacts shows it. */
export function summarizeContact(
  conversation: Conversation,
  session: SessionStatus,
  nowMs: number,
): ContactSummary {
  const { peer, accepted, trusted, request, createdAtMs, lastInboundMs, queue } = conversation;
  const { retention } = conversation;
  const beforeMs = retentionCutoffMs(retention, nowMs);
  return {
    peer,
    accepted,
    trusted,
    session,
    ...(request?.username !== undefined && { username: request.username }),
    ...(request?.message !== undefined && { message: request.message }),
    createdAtMs,
    ...(retention !== undefined &&
      beforeMs !== undefined && { expired: { sinceMs: retention.sinceMs, beforeMs } }),
    lastInboundAtMs: lastInboundMs,
    unsettled: queue.filter((item) => item.kind === "message").length,
  };
}

/** The state of the whole client in numbers. */
export function summarizeStatus({
  book,
  forks,
  health,
  relay,
  store,
}: ClientContext): GossipClientStatus {
  const sessions: Partial<Record<SessionStatus, number>> = {};
  let [queueDepth, pendingRequests, lastInboundAtMs] = [0, 0, 0];
  for (const conversation of book.all()) {
    const status = book.sessions.status(conversation.session);
    sessions[status] = (sessions[status] ?? 0) + 1;
    if (!conversation.accepted) pendingRequests += 1;
    queueDepth += conversation.queue.filter((item) => !item.posted).length;
    lastInboundAtMs = Math.max(lastInboundAtMs, conversation.lastInboundMs);
  }
  return {
    connected: health.connected,
    keysPublishedAtMs: health.keysPublishedAtMs,
    lastPollAtMs: health.lastPollAtMs,
    lastInboundAtMs: lastInboundAtMs === 0 ? undefined : lastInboundAtMs,
    queueDepth,
    unhandled: store.incoming.count(),
    pendingRequests,
    sessions,
    clockOffsetMs: relay.clockOffsetMs,
    bytesToday: health.bytesToday(),
    forksNoticed: forks.total,
    forkNoticedAtMs: forks.lastAtMs,
    lastErrorCode: health.lastErrorCode,
  };
}
