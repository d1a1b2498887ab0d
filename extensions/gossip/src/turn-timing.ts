// What belongs into one turn: how long a person may pause between lines, and which lines may share a turn.
import type { OpenClawConfig } from "openclaw/plugin-sdk/channel-core";
import { shouldDebounceTextInbound } from "openclaw/plugin-sdk/channel-inbound";
import { resolveInboundDebounceMs } from "openclaw/plugin-sdk/channel-inbound-debounce";
import { CHANNEL_ID, type Backlog } from "./config-schema.ts";
import type { InboundFacts, InboundMessage } from "./inbound.ts";

/** People write a thought in several lines; this long a pause ends it. OpenClaw itself has no default for channels. */
const DEFAULT_QUIET_MS = 1500;
/** Messages of an absence arrive over several polls of the relay. */
const BACKLOG_QUIET_MS = 4000;
/** Together at most what one message may have. */
const MAX_TURN_TEXT_BYTES = 64 * 1024;

export interface TurnTiming {
  /** Pause after which the turn with this message begins, in ms; 0: alone and at once. */
  quietMs(facts: InboundFacts): number;
  mayJoin(facts: InboundFacts, waiting: readonly InboundFacts[]): boolean;
}

/**
 * @param options.startedAtMs - Start of the account: what was written before waited for it. By the sender's clock, so a
 * wrong one only decides whether lines share a turn.
 */
export function createTurnTiming(options: {
  readonly startedAtMs: number;
  readonly readConfig: () => OpenClawConfig;
  readonly readBacklog: () => Backlog;
}): TurnTiming {
  const { readBacklog, readConfig, startedAtMs } = options;
  const hasWaited = ({ arrivedAtMs, sentAtMs }: InboundFacts): boolean =>
    Math.min(sentAtMs, arrivedAtMs) < startedAtMs;
  return {
    quietMs: (facts) => {
      if (facts.kind !== "message") return 0;
      const cfg = readConfig();
      // Commands are not merged; the host knows what is one.
      if (!shouldDebounceTextInbound({ text: textOf(facts), cfg })) return 0;
      if (!hasWaited(facts)) return readQuietMs(cfg);
      return readBacklog() === "merge" ? Math.max(BACKLOG_QUIET_MS, readQuietMs(cfg)) : 0;
    },
    mayJoin: (facts, waiting) => {
      const bytes = [...waiting, facts].map((one) =>
        one.kind === "message" ? Buffer.byteLength(textOf(one)) : 0,
      );
      return bytes.reduce((sum, size) => sum + size, 0) <= MAX_TURN_TEXT_BYTES;
    },
  };
}

/** `messages.inbound` of the host; its own answer for a channel without a setting would be zero. */
function readQuietMs(cfg: OpenClawConfig): number {
  const inbound = cfg.messages?.inbound;
  const isSet = inbound?.byChannel?.[CHANNEL_ID] !== undefined || inbound?.debounceMs !== undefined;
  return isSet ? resolveInboundDebounceMs({ cfg, channel: CHANNEL_ID }) : DEFAULT_QUIET_MS;
}

function textOf({ forwarded, text }: InboundMessage): string {
  return text === "" ? (forwarded?.text ?? "") : text;
}
