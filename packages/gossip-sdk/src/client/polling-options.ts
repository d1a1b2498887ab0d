/** Times of the client in milliseconds. All of them are jittered by a fifth. */
export interface PollingOptions {
  /** Between two polls of the message board while a conversation is live. */
  readonly liveMs: number;
  /** A conversation is live for this long after its last message either way. */
  readonly liveForMs: number;
  /** Between two polls when none is live: at first, and after a while of quiet. */
  readonly idleMs: number;
  readonly idleMaxMs: number;
  /** Between two looks at the bulletin; one short request unless there is something new. */
  readonly bulletinMs: number;
  /** Between two looks at what time alone brings: keep-alives, renewals, retention. */
  readonly tickMs: number;
  /** How often our own next address is looked at, for another copy of this state at work. */
  readonly forkCheckMs: number;
  /** First pause before a value is posted again that the relay turned out not to have. */
  readonly repostMs: number;
  /** First pause after an error of the relay; the next ones double, up to a minute. */
  readonly retryMs: number;
}

/** 1.5 s while live, otherwise 5 to 15 s, where the official client polls every 5 s. */
export const DEFAULT_POLLING: PollingOptions = {
  liveMs: 1_500,
  liveForMs: 120_000,
  idleMs: 5_000,
  idleMaxMs: 15_000,
  bulletinMs: 4_000,
  tickMs: 5_000,
  forkCheckMs: 300_000,
  repostMs: 5_000,
  retryMs: 1_000,
};
