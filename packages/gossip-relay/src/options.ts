import { GossipRelayError } from "./errors.ts";
import {
  DAY_MS,
  MAX_ANNOUNCEMENT_BYTES,
  MAX_BODY_BYTES,
  MAX_VALUE_BYTES,
  MIN_ANNOUNCEMENT_BYTES,
} from "./limits.ts";
import type { RequestLogLine } from "./metrics.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface RelayOptions {
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to bind. Default 127.0.0.1; anything beyond loopback has to be asked for here. */
  readonly host?: string;
  /** SQLite file, made with mode 0600. Default ":memory:": everything is gone when the relay closes. */
  readonly databasePath?: string;
  /** Answer 409, not 200, when other bytes are posted to a taken address. Default false. */
  readonly strict?: boolean;
  /** Announcements and values older than this go. Default 30 days, 0 keeps them; clients ignore both after 7 days. */
  readonly retentionMs?: number;
  /** Keys not published again for this long go. Default 365 days, 0 keeps them. */
  readonly keyRetentionMs?: number;
  /** How often old rows are looked for. Default hourly. */
  readonly pruneIntervalMs?: number;
  /** Requests per client address. Default none. */
  readonly rateLimit?: RateLimit;
  /** Names besides loopback ones that the `Host` header may carry, such as that of a TLS proxy in front. */
  readonly allowedHosts?: readonly string[];
  /** Web origins besides loopback ones that may call; "*" for any. Bound beyond loopback, the default is any. */
  readonly allowedOrigins?: readonly string[];
  /** Take the client address from `X-Forwarded-For` when the direct peer is on loopback (a proxy in front). */
  readonly trustLocalProxy?: boolean;
  /** A write that would make the database file larger is answered 507. Default no bound but the disk. */
  readonly maxDatabaseBytes?: number;
  readonly maxBodyBytes?: number;
  readonly maxAnnouncementBytes?: number;
  readonly maxValueBytes?: number;
  /** Called once per answered request. The line holds no contents, keys, or addresses. */
  readonly logRequest?: (line: RequestLogLine) => void;
  /** Called for failures that only a bug or the disk can cause; such a request was answered 500 or 507. */
  readonly logError?: (message: string, error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export type ResolvedRelayOptions = Required<Omit<RelayOptions, "rateLimit" | "maxDatabaseBytes">> &
  Pick<RelayOptions, "rateLimit" | "maxDatabaseBytes">;

/** Fills in the defaults. @throws {@link GossipRelayError} `invalid_option`. */
export function resolveRelayOptions(options: RelayOptions): ResolvedRelayOptions {
  const resolved: ResolvedRelayOptions = {
    port: 0,
    host: "127.0.0.1",
    databasePath: ":memory:",
    strict: false,
    retentionMs: 30 * DAY_MS,
    keyRetentionMs: 365 * DAY_MS,
    pruneIntervalMs: DAY_MS / 24,
    allowedHosts: [],
    allowedOrigins: [],
    trustLocalProxy: false,
    maxBodyBytes: MAX_BODY_BYTES,
    maxAnnouncementBytes: MAX_ANNOUNCEMENT_BYTES,
    maxValueBytes: MAX_VALUE_BYTES,
    logRequest: () => undefined,
    logError: () => undefined,
    now: () => Date.now(),
    ...options,
  };
  assertRange("port", resolved.port, 0, 65_535);
  assertRange("retentionMs", resolved.retentionMs, 0);
  assertRange("keyRetentionMs", resolved.keyRetentionMs, 0);
  // setInterval takes no longer delay than 2^31 - 1 ms and silently makes it 1 ms.
  assertRange("pruneIntervalMs", resolved.pruneIntervalMs, 1, 2 ** 31 - 1);
  assertRange("maxBodyBytes", resolved.maxBodyBytes, 1_024);
  assertRange("maxAnnouncementBytes", resolved.maxAnnouncementBytes, MIN_ANNOUNCEMENT_BYTES);
  assertRange("maxValueBytes", resolved.maxValueBytes, 1);
  if (resolved.rateLimit !== undefined) {
    assertRange("rateLimit.requests", resolved.rateLimit.requests, 1);
    assertRange("rateLimit.perMs", resolved.rateLimit.perMs, 1);
  }
  if (resolved.maxDatabaseBytes !== undefined) {
    assertRange("maxDatabaseBytes", resolved.maxDatabaseBytes, 65_536);
  }
  if (resolved.host === "" || resolved.databasePath === "") {
    throw new GossipRelayError("invalid_option", "host and databasePath cannot be empty");
  }
  return { ...resolved, allowedHosts: resolved.allowedHosts.map((name) => name.toLowerCase()) };
}

function assertRange(
  name: string,
  value: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
  throw new GossipRelayError(
    "invalid_option",
    `${name}: expected a whole number, ${range}, got ${value}`,
  );
}
