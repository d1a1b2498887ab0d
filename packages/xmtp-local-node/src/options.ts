import { XmtpLocalNodeError } from "./errors.ts";
import { MAX_STREAM_BACKLOG } from "./limits.ts";
import { isLoopbackHost } from "./loopback.ts";

export interface LocalNodeOptions {
  /** TCP port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Loopback address to bind. Default 127.0.0.1; any other than a loopback one is refused. */
  readonly host?: string;
  /** SQLite file, made with mode 0600. Default ":memory:": everything is gone when the node closes. */
  readonly db?: string;
  /** Messages that may wait for a subscriber who does not read. Default 1024, as the real node. */
  readonly maxStreamBacklog?: number;
  /** One line per event that an operator may want to know. Holds no contents, keys, ids, or addresses. */
  readonly log?: (line: string) => void;
  /** Called for failures that only a bug or the disk can cause; such a call was answered INTERNAL. */
  readonly logError?: (message: string, error: unknown) => void;
  /** Nanoseconds since 1970. Default the clock of this machine, in whole milliseconds. */
  readonly nowNs?: () => bigint;
}

export type ResolvedLocalNodeOptions = Required<LocalNodeOptions>;

/** Fills in the defaults. @throws {@link XmtpLocalNodeError} `invalid_option`. */
export function resolveLocalNodeOptions(options: LocalNodeOptions): ResolvedLocalNodeOptions {
  const resolved: ResolvedLocalNodeOptions = {
    port: 0,
    host: "127.0.0.1",
    db: ":memory:",
    maxStreamBacklog: MAX_STREAM_BACKLOG,
    log: () => undefined,
    logError: () => undefined,
    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    ...options,
  };
  assertRange("port", resolved.port, 0, 65_535);
  assertRange("maxStreamBacklog", resolved.maxStreamBacklog, 1, 1_000_000);
  if (resolved.db === "") throw new XmtpLocalNodeError("invalid_option", "db cannot be empty");
  if (!isLoopbackHost(resolved.host)) {
    throw new XmtpLocalNodeError(
      "invalid_option",
      `host: ${resolved.host} is no loopback address, and this node has no TLS, no login, and no rate limits: use 127.0.0.1`,
    );
  }
  return resolved;
}

function assertRange(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new XmtpLocalNodeError(
    "invalid_option",
    `${name}: expected a whole number, ${least} to ${most}, got ${value}`,
  );
}
