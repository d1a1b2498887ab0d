export interface RateLimit {
  /** Requests an address may make at once, and again in each period. */
  readonly requests: number;
  readonly perMs: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * A token bucket per address. `take` returns 0 when the request may pass, else the milliseconds to wait.
 * Remembers at most `maxAddresses`; the one not seen for longest starts anew.
 */
export function createRateLimiter(
  limit: RateLimit,
  maxAddresses: number,
  now: () => number,
): { take(address: string): number } {
  const buckets = new Map<string, Bucket>();
  const perToken = limit.perMs / limit.requests;
  return {
    take(address) {
      const nowMs = now();
      const bucket = buckets.get(address) ?? { tokens: limit.requests, filledAtMs: nowMs };
      // A clock that was set back must not fill the bucket, nor empty it.
      const passedMs = Math.max(0, nowMs - bucket.filledAtMs);
      bucket.tokens = Math.min(limit.requests, bucket.tokens + passedMs / perToken);
      bucket.filledAtMs = nowMs;
      buckets.delete(address);
      buckets.set(address, bucket);
      for (const oldest of buckets.keys()) {
        if (buckets.size <= maxAddresses) break;
        buckets.delete(oldest);
      }
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) * perToken);
      bucket.tokens -= 1;
      return 0;
    },
  };
}
