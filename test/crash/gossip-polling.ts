/** Polling of both sides: quick, so that many kills meet many messages. */
export const CRASH_POLLING = {
  liveMs: 60,
  liveForMs: 600_000,
  idleMs: 60,
  idleMaxMs: 120,
  bulletinMs: 200,
  tickMs: 500,
  repostMs: 100,
} as const;
