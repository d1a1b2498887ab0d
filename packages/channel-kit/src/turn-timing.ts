// What belongs into one turn: how long a person may pause between lines, and which lines may share a turn.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { shouldDebounceTextInbound } from "openclaw/plugin-sdk/channel-inbound";
import { resolveInboundDebounceMs } from "openclaw/plugin-sdk/channel-inbound-debounce";

/** People write a thought in several lines; this long a pause ends it. OpenClaw itself has no default for channels. */
const DEFAULT_QUIET_MS = 1500;
/** Messages of an absence arrive over several polls of the relay. */
const BACKLOG_QUIET_MS = 4000;
/** Together at most what one message may have. */
const MAX_TURN_TEXT_BYTES = 64 * 1024;

/** How messages are answered that waited while the gateway was down: each on its own, or one answer for all. */
export type Backlog = "each" | "merge";

/** What of stored facts decides about their turn. */
export interface TimedFacts {
  readonly sentAtMs: number;
  readonly arrivedAtMs: number;
}

export interface TurnTiming<TFacts extends TimedFacts> {
  /** Pause after which the turn with this message begins, in ms; 0: alone and at once. */
  quietMs(facts: TFacts): number;
  mayJoin(facts: TFacts, waiting: readonly TFacts[]): boolean;
}

/**
 * @param options.textOf - The text of a message; undefined for facts of another kind, which no pause is for.
 * @param options.startedAtMs - Start of the account: what was written before waited for it. By the sender's clock, so a
 * wrong one only decides whether lines share a turn.
 */
export function createTurnTiming<TFacts extends TimedFacts>(options: {
  readonly channelId: string;
  readonly textOf: (facts: TFacts) => string | undefined;
  readonly startedAtMs: number;
  readonly readConfig: () => OpenClawConfig;
  readonly readBacklog: () => Backlog;
}): TurnTiming<TFacts> {
  const { channelId, readBacklog, readConfig, startedAtMs, textOf } = options;
  const hasWaited = ({ arrivedAtMs, sentAtMs }: TFacts): boolean =>
    Math.min(sentAtMs, arrivedAtMs) < startedAtMs;
  return {
    quietMs: (facts) => {
      const text = textOf(facts);
      if (text === undefined) return 0;
      const cfg = readConfig();
      // Commands are not merged; the host knows what is one.
      if (!shouldDebounceTextInbound({ text, cfg })) return 0;
      if (!hasWaited(facts)) return readQuietMs(cfg, channelId);
      return readBacklog() === "merge"
        ? Math.max(BACKLOG_QUIET_MS, readQuietMs(cfg, channelId))
        : 0;
    },
    mayJoin: (facts, waiting) => {
      const bytes = [...waiting, facts].map((one) => Buffer.byteLength(textOf(one) ?? ""));
      return bytes.reduce((sum, size) => sum + size, 0) <= MAX_TURN_TEXT_BYTES;
    },
  };
}

/** `messages.inbound` of the host; its own answer for a channel without a setting would be zero. */
function readQuietMs(cfg: OpenClawConfig, channelId: string): number {
  const inbound = cfg.messages?.inbound;
  const isSet = inbound?.byChannel?.[channelId] !== undefined || inbound?.debounceMs !== undefined;
  return isSet ? resolveInboundDebounceMs({ cfg, channel: channelId }) : DEFAULT_QUIET_MS;
}
