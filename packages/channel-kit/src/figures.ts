// How a running account is, in figures for status. Nothing in them names a person.
import type { DurabilityCounts } from "channel-durability";
import * as z from "zod";
import { readCode } from "./errors.ts";

/** What every channel has figures of; a channel adds its own. */
export interface LiveFigures {
  /** The last exchange with the network worked. Says nothing about the queues. */
  readonly connected: boolean;
  /** When the network last answered, while it does not. */
  readonly unreachableSinceMs: number | undefined;
  readonly lastErrorCode: string | undefined;
  readonly lastInboundAtMs: number | undefined;
  /** Messages in, not yet handed to the agent. */
  readonly waitingInbound: number;
  /** People whose messages wait because they used up the turn budget. */
  readonly peopleOverBudget: number;
  readonly oldestInboundAtMs: number | undefined;
  readonly deadLetters: number;
  /** Messages out that the network has not taken. */
  readonly waitingOutbound: number;
  readonly oldestOutboundAtMs: number | undefined;
}

/** {@link LiveFigures} as they come over the gateway, where what is undefined is left out. */
export const liveFiguresShape = {
  connected: z.boolean(),
  unreachableSinceMs: z.number().optional(),
  lastErrorCode: z.string().optional(),
  lastInboundAtMs: z.number().optional(),
  waitingInbound: z.number(),
  peopleOverBudget: z.number(),
  oldestInboundAtMs: z.number().optional(),
  deadLetters: z.number(),
  waitingOutbound: z.number(),
  oldestOutboundAtMs: z.number().optional(),
};

/** {@link LiveFigures} as {@link liveFiguresShape} reads them. */
export type AnsweredFigures = z.infer<z.ZodObject<typeof liveFiguresShape>>;

/** What a connection knows about itself, whatever the protocol. */
export interface ConnectionState {
  /** The last exchange with the network worked. */
  readonly connected: boolean;
  readonly lastExchangeAtMs: number | undefined;
  readonly lastInboundAtMs: number | undefined;
  /** Why the last exchange failed. */
  readonly lastErrorCode: string | undefined;
  /** Events that were not taken over: the queue has no room for more of their people. */
  readonly unhandled: number;
}

export interface FigureSources<TState extends ConnectionState, TOwn> {
  readonly counts: () => DurabilityCounts;
  readonly state: () => TState;
  readonly countHeld: () => number;
  /** What only this channel has figures of. */
  readonly pickOwn: (state: TState) => TOwn;
}

/**
 * Figures of one account for status. While the account stops, its databases close before it is forgotten: from then on
 * there are none, which is no reason for `channels status` to fail.
 */
export function readFigures<TState extends ConnectionState, TOwn>(
  sources: FigureSources<TState, TOwn>,
): (LiveFigures & TOwn) | undefined {
  try {
    const state = sources.state();
    const common = toFigures(sources.counts(), state, sources.countHeld());
    return { ...common, ...sources.pickOwn(state) };
  } catch (error) {
    if (readCode(error) === "closed") return undefined;
    throw error;
  }
}

function toFigures(
  counts: DurabilityCounts,
  { connected, lastErrorCode, lastExchangeAtMs, lastInboundAtMs, unhandled }: ConnectionState,
  peopleOverBudget: number,
): LiveFigures {
  // Before the first exchange nothing is known: that is no outage.
  const isOut = !connected && lastErrorCode !== undefined;
  return {
    connected,
    unreachableSinceMs: isOut ? lastExchangeAtMs : undefined,
    lastErrorCode: isOut ? lastErrorCode : undefined,
    lastInboundAtMs,
    waitingInbound: counts.pending + counts.claimed + unhandled,
    peopleOverBudget,
    oldestInboundAtMs: counts.oldestPendingAtMs,
    deadLetters: counts.failed,
    waitingOutbound: counts.unsent,
    oldestOutboundAtMs: counts.oldestUnsentAtMs,
  };
}
