// One account in one line, for a person: what works, what waits, and what to do.
import type { ChannelNames } from "./channel-names.ts";
import type { LiveFigures } from "./figures.ts";

export interface AccountFacts<TFigures extends LiveFigures = LiveFigures> {
  readonly accountId: string;
  /** Whether the configuration wants it to run; default: yes. */
  readonly enabled?: boolean;
  readonly running: boolean;
  readonly figures: TFigures | undefined;
  /** Undefined while there is no identity. */
  readonly backupConfirmed: boolean | undefined;
}

/**
 * E.g. `Gossip default: connected, inbound 4s ago, queue 0, backup confirmed`.
 *
 * @param describeOwn - What only this channel has figures of, in short parts.
 */
export function describeAccount<TFigures extends LiveFigures>(
  names: ChannelNames,
  facts: AccountFacts<TFigures>,
  nowMs: number,
  describeOwn: (figures: TFigures) => readonly string[] = () => [],
): string {
  const { accountId, backupConfirmed, enabled = true, figures, running } = facts;
  const { id, label } = names;
  const backup =
    backupConfirmed === undefined
      ? ["no identity yet"]
      : [backupConfirmed ? "backup confirmed" : `backup NOT confirmed (openclaw ${id} backup)`];
  const parts =
    running && figures !== undefined
      ? [...describeLive(names, figures, nowMs), ...describeOwn(figures)]
      : [
          enabled
            ? "not running (openclaw channels status --probe)"
            : `switched off (openclaw config get channels.${id})`,
        ];
  return `${label} ${accountId}: ${[...parts, ...backup].join(", ")}`;
}

function describeLive(
  { id, network }: ChannelNames,
  figures: LiveFigures,
  nowMs: number,
): string[] {
  const { deadLetters, lastInboundAtMs } = figures;
  return [
    describeTransport(network, figures),
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
          `${count(deadLetters, "dead letter", "dead letters")} (openclaw ${id} dead-letters list)`,
        ]),
  ];
}

function describeTransport(
  network: string,
  { connected, lastErrorCode, unreachableSinceMs }: LiveFigures,
): string {
  if (connected) return "connected";
  if (lastErrorCode === undefined) return "connecting";
  const since = unreachableSinceMs === undefined ? "" : ` since ${formatClock(unreachableSinceMs)}`;
  return `${network} unreachable${since} (${lastErrorCode}, tried again by itself)`;
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
