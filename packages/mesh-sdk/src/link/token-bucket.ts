import type { Clock } from "../clock.ts";

/** How fast something may happen: `perSecond` in the long run, `burst` at once. Units are the caller's: frames or bytes. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface TokenBucket {
  /** Takes so many, or takes nothing and says no. */
  tryTake(amount?: number): boolean;
  /** Takes so many in any case. @returns Milliseconds until the debt is paid, 0 when there is none. */
  take(amount: number): number;
}

export interface KeyedBuckets {
  tryTake(key: string, amount?: number): boolean;
}

/** One bucket, full at first. A clock that is set back neither fills nor empties it. */
export function createTokenBucket(rate: Rate, clock: Clock): TokenBucket {
  const bucket = fullBucket(rate, clock.now());
  return {
    tryTake: (amount = 1) => takeFrom(bucket, { rate, nowMs: clock.now(), amount }),
    take(amount) {
      fill(bucket, rate, clock.now());
      bucket.tokens -= amount;
      return bucket.tokens >= 0 ? 0 : Math.ceil((-bucket.tokens * 1_000) / rate.perSecond);
    },
  };
}

/**
 * A bucket for each key, for at most `maxKeys` of them: the one not used for longest starts anew. So somebody who makes up
 * keys gets around this limit; what holds then is the limit of the link that they all come over.
 */
export function createKeyedBuckets(rate: Rate, maxKeys: number, clock: Clock): KeyedBuckets {
  const buckets = new Map<string, Bucket>();
  return {
    tryTake(key, amount = 1) {
      const nowMs = clock.now();
      const bucket = buckets.get(key) ?? fullBucket(rate, nowMs);
      buckets.delete(key);
      buckets.set(key, bucket);
      if (buckets.size > maxKeys) {
        for (const oldest of buckets.keys()) {
          buckets.delete(oldest);
          break;
        }
      }
      return takeFrom(bucket, { rate, nowMs, amount });
    },
  };
}

function fullBucket(rate: Rate, nowMs: number): Bucket {
  return { tokens: rate.burst, filledAtMs: nowMs };
}

function takeFrom(
  bucket: Bucket,
  { rate, nowMs, amount }: { rate: Rate; nowMs: number; amount: number },
): boolean {
  fill(bucket, rate, nowMs);
  if (bucket.tokens < amount) return false;
  bucket.tokens -= amount;
  return true;
}

function fill(bucket: Bucket, rate: Rate, nowMs: number): void {
  const passedMs = Math.max(0, nowMs - bucket.filledAtMs);
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (passedMs * rate.perSecond) / 1_000);
  bucket.filledAtMs = nowMs;
}
