import * as kit from "channel-kit/terminal";
import { GOSSIP } from "./config-schema.ts";
import { describeOldCopy, OLD_COPY_ADVICE } from "./old-copy.ts";
import type { GossipFigures } from "./figures.ts";

const MEGABYTE = 1_000_000;
/** Above it, people may drop what we send. */
const MAX_CLOCK_OFFSET_MS = 30_000;

/** One account in one line, see {@link kit.describeAccount}. */
export function describeAccount(facts: kit.AccountFacts<GossipFigures>, nowMs: number): string {
  return kit.describeAccount(GOSSIP, facts, nowMs, (figures) => describeOwn(figures, nowMs));
}

function describeOwn(figures: GossipFigures, nowMs: number): string[] {
  const { bytesToday, clockOffsetMs } = figures;
  const oldCopy = describeOldCopy(figures, nowMs);
  return [
    ...(oldCopy === undefined ? [] : [`${oldCopy}. ${OLD_COPY_ADVICE}`]),
    ...(isClockWrong(clockOffsetMs)
      ? [`clock wrong by ${Math.round(Math.abs(clockOffsetMs ?? 0) / 1000)} s: set it`]
      : []),
    `${(bytesToday / MEGABYTE).toFixed(1)} MB today`,
  ];
}

export function isClockWrong(offsetMs: number | undefined): boolean {
  return offsetMs !== undefined && Math.abs(offsetMs) > MAX_CLOCK_OFFSET_MS;
}
