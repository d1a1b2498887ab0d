const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Time and lag rules of a session (section 7). The defaults are those of the official app, and peers assume them. */
export interface SessionConfig {
  readonly maxAnnouncementAgeMs: number;
  readonly maxAnnouncementFutureMs: number;
  readonly maxMessageAgeMs: number;
  readonly maxMessageFutureMs: number;
  readonly maxInactivityMs: number;
  readonly keepAliveIntervalMs: number;
  /** Own messages without an answer at which we stop sending. */
  readonly maxSelfLag: number;
  /** Messages of the peer without one of ours at which a keep-alive is due. */
  readonly maxPeerLag: number;
  /**
   * Whether our time stamps never go back, whatever the local clock does: a peer gives its session up otherwise.
   * The official code does without, so replayed vectors switch it off.
   */
  readonly monotonicSendClock: boolean;
}

export const DEFAULT_SESSION_CONFIG: SessionConfig = {
  maxAnnouncementAgeMs: 7 * DAY_MS,
  maxAnnouncementFutureMs: MINUTE_MS,
  maxMessageAgeMs: 7 * DAY_MS,
  maxMessageFutureMs: MINUTE_MS,
  maxInactivityMs: 7 * DAY_MS,
  keepAliveIntervalMs: DAY_MS,
  maxSelfLag: 10_000,
  maxPeerLag: 8,
  monotonicSendClock: true,
};
