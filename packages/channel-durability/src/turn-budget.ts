// How many turns people may cause. What is over the budget waits in the queue; nothing is lost or reordered.

import { ChannelDurabilityError } from "./errors.ts";
import { readBlob } from "./rows.ts";
import type { DurableStore } from "./store.ts";

const ROW = "turn_budget";

/** At most `turns` within any `windowMs`. */
export interface TurnLimit {
  readonly turns: number;
  readonly windowMs: number;
}

export interface TurnLimits {
  /** For one lane, which is one conversation. */
  readonly perLane: TurnLimit;
  readonly perAccount: TurnLimit;
}

export interface TurnBudget {
  /**
   * Takes one turn out of the budget, durably: a restart gives nothing back.
   *
   * @returns False when the budget is used up; the lane is then held until a turn is free.
   */
  take(laneKey: string): boolean;
  /** True while a lane that was refused has to wait. */
  isHeld(laneKey: string): boolean;
  /** Lanes that wait. */
  countHeld(): number;
  /** True once per window of the lane: its person should be told that he waits. */
  claimNotice(laneKey: string): boolean;
}

interface Ledger {
  /** Lane and time of each turn, oldest first. */
  turns: (readonly [laneKey: string, atMs: number])[];
  /** When each lane was last told. */
  notices: Record<string, number>;
}

/**
 * The turn budget of one account.
 *
 * @param options.readLimits - Asked each time, so that a change needs no restart.
 * @param options.waitsForOthers - False for a lane that only its own limit holds, e.g. the owner's: strangers must not be
 * able to silence it. Its turns count for the account as all do. Asked each time. Default: every lane waits.
 */
export function openTurnBudget(options: {
  readonly store: DurableStore;
  readonly readLimits: () => TurnLimits;
  readonly waitsForOthers?: (laneKey: string) => boolean;
}): TurnBudget {
  const { readLimits, store, waitsForOthers = () => true } = options;
  const ledger = load(store);
  const held = new Set<string>();

  function forgetOld(): void {
    const { perAccount, perLane } = readLimits();
    const now = store.now();
    const keptMs = Math.max(perAccount.windowMs, perLane.windowMs);
    // A clock that was set back must not hold people for as long as it was ahead.
    const isKept = (atMs: number): boolean => atMs > now - keptMs && atMs <= now;
    ledger.turns = ledger.turns.filter(([, atMs]) => isKept(atMs));
    ledger.notices = Object.fromEntries(
      Object.entries(ledger.notices).filter(([, atMs]) => isKept(atMs)),
    );
  }

  function isUsedUp(laneKey: string): boolean {
    const { perAccount, perLane } = readLimits();
    const now = store.now();
    const isWithin = (atMs: number, { windowMs }: TurnLimit): boolean =>
      atMs > now - windowMs && atMs <= now;
    const ofAccount = ledger.turns.filter(([, atMs]) => isWithin(atMs, perAccount));
    const ofLane = ledger.turns.filter(([key, atMs]) => key === laneKey && isWithin(atMs, perLane));
    if (ofLane.length >= perLane.turns) return true;
    return ofAccount.length >= perAccount.turns && waitsForOthers(laneKey);
  }

  return {
    take: (laneKey) => {
      forgetOld();
      if (isUsedUp(laneKey)) {
        held.add(laneKey);
        return false;
      }
      ledger.turns.push([laneKey, store.now()]);
      save(store, ledger);
      return true;
    },
    isHeld: (laneKey) => {
      if (!held.has(laneKey)) return false;
      if (isUsedUp(laneKey)) return true;
      held.delete(laneKey);
      return false;
    },
    countHeld: () => [...held].filter((laneKey) => isUsedUp(laneKey)).length,
    claimNotice: (laneKey) => {
      const { perLane } = readLimits();
      const toldAtMs = ledger.notices[laneKey];
      const now = store.now();
      if (toldAtMs !== undefined && toldAtMs <= now && toldAtMs > now - perLane.windowMs) {
        return false;
      }
      ledger.notices[laneKey] = now;
      save(store, ledger);
      return true;
    },
  };
}

const PLACE = { table: "meta", column: "value", row: ROW };

function load(store: DurableStore): Ledger {
  const row = store.get("SELECT value FROM meta WHERE name = ?", ROW);
  if (row === undefined) return { turns: [], notices: {} };
  try {
    return parseLedger(store.sealer.openJson(PLACE, readBlob(row, "value")));
  } catch (error) {
    // Damage to this row costs a fresh budget and no message.
    if (error instanceof ChannelDurabilityError) return { turns: [], notices: {} };
    throw error;
  }
}

function save(store: DurableStore, ledger: Ledger): void {
  store.write(() =>
    store.run(
      "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
      ROW,
      store.sealer.sealJson(PLACE, ledger),
    ),
  );
}

function parseLedger(value: unknown): Ledger {
  if (typeof value !== "object" || value === null || !("turns" in value) || !("notices" in value)) {
    throw new ChannelDurabilityError("corrupt_row", "turn budget: does not parse");
  }
  const { notices, turns } = value;
  if (!Array.isArray(turns) || typeof notices !== "object" || notices === null) {
    throw new ChannelDurabilityError("corrupt_row", "turn budget: does not parse");
  }
  return {
    turns: turns.filter(isTurn),
    notices: Object.fromEntries(
      Object.entries(notices).filter((entry): entry is [string, number] => {
        return typeof entry[1] === "number";
      }),
    ),
  };
}

function isTurn(value: unknown): value is readonly [string, number] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number";
}
