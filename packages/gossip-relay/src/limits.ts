/**
 * Every bound of the relay in one place. The protocol leaves the server's limits open (docs/protocol/gossip.md §9),
 * so these are ours: generous for the official client, finite for everybody else.
 */

/** One request body. The largest honest one is `/messages/fetch` with {@link MAX_SEEKERS_PER_FETCH} seekers (255 kB). */
export const MAX_BODY_BYTES = 1_048_576;

/** A key bundle is about 3,229 bytes (§3.3). */
export const MAX_KEY_BUNDLE_BYTES = 8_192;

/** Randomness 32 + KEM ciphertext 1088 + SIV tag 16 + ephemeral KEM public key 1184: no announcement is shorter (§5.1). */
export const MIN_ANNOUNCEMENT_BYTES = 2_320;

/** About 8,970 bytes plus a name and at most 500 characters (§5.3). Everybody downloads it, so it stays small. */
export const MAX_ANNOUNCEMENT_BYTES = 65_536;

/** About 3,622 bytes plus the text (§6.3). The protocol sets no bound on texts; this one still fits a body as Base64. */
export const MAX_VALUE_BYTES = 768_000;

export const USER_ID_BYTES = 32;
export const SEEKER_BYTES = 34;

export const DEFAULT_BULLETIN_LIMIT = 50;
export const MAX_BULLETIN_LIMIT = 1_000;

/** The official client puts no bound on it (§9); a bot with 5,000 contacts still fits in one call. */
export const MAX_SEEKERS_PER_FETCH = 5_000;

/** Stored bytes in one answer. A page that would be longer ends early; the reader goes on from its last counter. */
export const MAX_ANSWER_BYTES = 8_388_608;

/** SQLite rowids, and so the counters, are signed 64-bit. */
export const MAX_COUNTER = 2n ** 63n - 1n;

/** A client that has not sent its whole request by then is cut off (slow loris). */
export const REQUEST_TIMEOUT_MS = 30_000;

export const MAX_CONNECTIONS = 1_024;

/** How long `close()` lets requests in flight finish. */
export const CLOSE_GRACE_MS = 2_000;

/** Rows deleted before the event loop gets a turn. */
export const PRUNE_BATCH_ROWS = 500;

/** Addresses the rate limiter remembers; the one not seen for longest is forgotten first. */
export const MAX_RATE_LIMITED_ADDRESSES = 10_000;

export const DAY_MS = 86_400_000;
