// One account in one line, for a person: what works, what waits, and what to do.
import type { LiveFigures } from "./runtime.ts";

const MEGABYTE = 1_000_000;
/** Above it, people may drop what we send. */
const MAX_CLOCK_OFFSET_MS = 30_000;

export interface AccountFacts {
  readonly accountId: string;
  readonly running: boolean;
  readonly figures: LiveFigures | undefined;
  /** Undefined while there is no identity. */
  readonly backupConfirmed: boolean | undefined;
}

/** E.g. `Gossip default: connected, inbound 4s ago, queue 0, backup confirmed`. */
export function describeAccount(facts: AccountFacts, nowMs: number): string {
  const { accountId, backupConfirmed, figures, running } = facts;
  const backup =
    backupConfirmed === undefined
      ? ["no identity yet"]
      : [backupConfirmed ? "backup confirmed" : "backup NOT confirmed (openclaw gossip backup)"];
  const parts = running && figures !== undefined ? describeLive(figures, nowMs) : ["not running"];
  return `Gossip ${accountId}: ${[...parts, ...backup].join(", ")}`;
}

function describeLive(figures: LiveFigures, nowMs: number): string[] {
  const { clockOffsetMs, deadLetters, forksNoticed, lastInboundAtMs } = figures;
  return [
    describeTransport(figures),
    lastInboundAtMs === undefined
      ? "no inbound yet"
      : `inbound ${formatAge(nowMs - lastInboundAtMs)} ago`,
    figures.oldestInboundAtMs === undefined
      ? `queue ${figures.waitingInbound}`
      : `queue ${figures.waitingInbound} (oldest ${formatAge(nowMs - figures.oldestInboundAtMs)})`,
    ...(figures.waitingOutbound === 0
      ? []
      : [`${count(figures.waitingOutbound, "reply", "replies")} waiting`]),
    ...(deadLetters === 0
      ? []
      : [
          `${count(deadLetters, "dead letter", "dead letters")} (openclaw gossip dead-letters list)`,
        ]),
    ...(forksNoticed === 0 ? [] : ["another copy of this identity is at work: stop it"]),
    ...(isClockWrong(clockOffsetMs)
      ? [`clock wrong by ${Math.round(Math.abs(clockOffsetMs ?? 0) / 1000)} s: set it`]
      : []),
    `${(figures.bytesToday / MEGABYTE).toFixed(1)} MB today`,
  ];
}

function describeTransport({ connected, lastErrorCode, unreachableSinceMs }: LiveFigures): string {
  if (connected) return "connected";
  if (lastErrorCode === undefined) return "connecting";
  const since = unreachableSinceMs === undefined ? "" : ` since ${formatClock(unreachableSinceMs)}`;
  return `relay unreachable${since} (${lastErrorCode}, tried again by itself)`;
}

export function isClockWrong(offsetMs: number | undefined): boolean {
  return offsetMs !== undefined && Math.abs(offsetMs) > MAX_CLOCK_OFFSET_MS;
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** `4s`, `3m`, `5h`, `2d`. */
function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.round(hours / 24)}d`;
}

/** Local time of day, `14:02`. */
function formatClock(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
