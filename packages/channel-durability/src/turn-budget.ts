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
  /** For one person, in all of his lanes together. */
  readonly perPerson: TurnLimit;
  readonly perAccount: TurnLimit;
}

export interface TurnBudget {
  /**
   * Takes one turn out of the budget, durably: a restart gives nothing back.
   *
   * @param person - Who causes the turn, the same in all of his lanes.
   * @returns False when the budget is used up; the lane is then held until a turn is free.
   */
  take(person: string, laneKey: string): boolean;
  /** True while a lane that was refused has to wait. */
  isHeld(laneKey: string): boolean;
  /** People who wait. */
  countHeld(): number;
  /** True once per window of the lane: its person should be told that he waits. */
  claimNotice(laneKey: string): boolean;
}

interface Ledger {
  /** Person and time of each turn, oldest first. */
  turns: (readonly [person: string, atMs: number])[];
  /** When each lane was last told. */
  notices: Record<string, number>;
}

/**
 * The turn budget of one account.
 *
 * @param options.readLimits - Asked each time, so that a change needs no restart.
 * @param options.waitsForOthers - False for a person whom only his own limit holds, e.g. the owner: strangers must not be able to
 * silence him. His turns count for the account as all do. Asked each time. Default: everybody waits.
 */
export function openTurnBudget(options: {
  readonly store: DurableStore;
  readonly readLimits: () => TurnLimits;
  readonly waitsForOthers?: (person: string) => boolean;
}): TurnBudget {
  const { readLimits, store, waitsForOthers = () => true } = options;
  const ledger = load(store);
  /** Who waits in which lane. */
  const held = new Map<string, string>();

  function forgetOld(): void {
    const { perAccount, perPerson } = readLimits();
    const now = store.now();
    const keptMs = Math.max(perAccount.windowMs, perPerson.windowMs);
    // A clock that was set back must not hold people for as long as it was ahead.
    const isKept = (atMs: number): boolean => atMs > now - keptMs && atMs <= now;
    ledger.turns = ledger.turns.filter(([, atMs]) => isKept(atMs));
    ledger.notices = Object.fromEntries(
      Object.entries(ledger.notices).filter(([, atMs]) => isKept(atMs)),
    );
  }

  function isUsedUp(person: string): boolean {
    const { perAccount, perPerson } = readLimits();
    const now = store.now();
    const isWithin = (atMs: number, { windowMs }: TurnLimit): boolean =>
      atMs > now - windowMs && atMs <= now;
    const ofAccount = ledger.turns.filter(([, atMs]) => isWithin(atMs, perAccount));
    const own = ledger.turns.filter(([who, atMs]) => who === person && isWithin(atMs, perPerson));
    if (own.length >= perPerson.turns) return true;
    return ofAccount.length >= perAccount.turns && waitsForOthers(person);
  }

  return {
    take: (person, laneKey) => {
      forgetOld();
      if (isUsedUp(person)) {
        held.set(laneKey, person);
        return false;
      }
      const taken = { ...ledger, turns: [...ledger.turns, [person, store.now()] as const] };
      save(store, taken);
      ledger.turns = taken.turns;
      return true;
    },
    isHeld: (laneKey) => {
      const person = held.get(laneKey);
      if (person === undefined) return false;
      if (isUsedUp(person)) return true;
      held.delete(laneKey);
      return false;
    },
    countHeld: () => [...new Set(held.values())].filter((person) => isUsedUp(person)).length,
    claimNotice: (laneKey) => {
      const { perPerson } = readLimits();
      const toldAtMs = ledger.notices[laneKey];
      const now = store.now();
      if (toldAtMs !== undefined && toldAtMs <= now && toldAtMs > now - perPerson.windowMs) {
        return false;
      }
      const notices = { ...ledger.notices, [laneKey]: now };
      save(store, { ...ledger, notices });
      ledger.notices = notices;
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
