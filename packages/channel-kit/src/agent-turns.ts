// Agents that answer each other would never stop. How many turns they caused lies on disk: a restart gives nothing back.
import type { SealedRecord } from "channel-durability";
import * as z from "zod";

/** Conversation and time of each turn, oldest first. */
const LedgerSchema = z.array(z.tuple([z.string(), z.number()]));
type Ledger = z.infer<typeof LedgerSchema>;

/** How the ledger lies in the account's database. */
export const AGENT_TURNS_RECORD = {
  name: "agent-turns",
  empty: [] as Ledger,
  parse: (value: unknown): Ledger => LedgerSchema.parse(value),
};

/** Turns that other agents may cause together in one conversation within a window. */
export interface AgentTurnLimit {
  readonly turns: number;
  readonly windowMs: number;
}

export interface AgentTurns {
  /** Takes one turn out of a conversation's budget; false when other agents have used it up. */
  take(conversationId: string): boolean;
}

/**
 * @param now - Milliseconds since 1970.
 * @param readLimit - Asked for each turn: an operator may change it.
 */
export function createAgentTurns(
  record: SealedRecord<Ledger>,
  now: () => number,
  readLimit: () => AgentTurnLimit,
): AgentTurns {
  return {
    take: (conversationId) => {
      const at = now();
      const limit = readLimit();
      // A clock that was set back must not shut agents out for as long as it was ahead.
      const kept = record.read().filter(([, atMs]) => atMs > at - limit.windowMs && atMs <= at);
      if (kept.filter(([id]) => id === conversationId).length >= limit.turns) return false;
      record.write([...kept, [conversationId, at]]);
      return true;
    },
  };
}
