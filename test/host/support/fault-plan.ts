import type { SeededRandom } from "../../../scripts/fuzz/random.ts";
import { CRASH_CASES, type CrashCase } from "./crash-cases.ts";
import type { Seat } from "./crash-channel.ts";

/** Fewer turns would make a kill cheap to survive. */
export const MIN_PARKED = 12;
/** A case that stops a whole account can stand once at a time, every other one twice. */
export const MAX_PARKED = 2 * CRASH_CASES.length - CRASH_CASES.filter(isAlone).length;

/** Seats for `count` people: one of each case, then a second one of those that do not need an account alone. */
export function planSeats(count: number): Seat[] {
  const firsts = CRASH_CASES.map(({ name, account }) => ({ name, account }));
  const seconds = CRASH_CASES.filter((crashCase) => !isAlone(crashCase)).map(({ name }) => ({
    name: `${name}-too`,
  }));
  return [...firsts, ...seconds].slice(0, count);
}

/** Spreads the turns evenly over as few kills as there are seats for; some more when a kill would get too few. */
export function planRounds(turns: number, seats: number): number[] {
  const rounds = Math.max(1, Math.ceil(turns / seats));
  const base = Math.floor(turns / rounds);
  return Array.from({ length: rounds }, (_, i) =>
    Math.max(MIN_PARKED, base + (i < turns % rounds ? 1 : 0)),
  );
}

/**
 * Says who stands where in one round, by the seed: another point for everybody each time, and every point in use
 * before one is used twice.
 *
 * @returns One case for each seat; undefined for a seat that sits this round out.
 */
export function dealCases(
  seats: readonly Seat[],
  turns: number,
  random: SeededRandom,
): (CrashCase | undefined)[] {
  const free = CRASH_CASES.filter((crashCase) => !isAlone(crashCase));
  const alone = CRASH_CASES.filter((crashCase) =>
    seats.some(({ account }) => account !== undefined && account === crashCase.account),
  );
  const open = seats.filter(({ account }) => account === undefined).length;
  const wanted = Math.min(Math.max(0, turns - alone.length), open);
  const hand: (CrashCase | undefined)[] = [...shuffle(free, random), ...shuffle(free, random)];
  const dealt = shuffle(
    [...hand.slice(0, wanted), ...Array.from({ length: open - wanted }, () => undefined)],
    random,
  );
  return seats.map(({ account }) =>
    account === undefined ? dealt.pop() : alone.find((crashCase) => crashCase.account === account),
  );
}

function isAlone({ account }: CrashCase): boolean {
  return account !== undefined;
}

function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.below(rest.length), 1));
}
