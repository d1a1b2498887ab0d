import type { DurabilityCounts } from "channel-durability";
import type { ConnectionStatus } from "./client.ts";
import { readCode } from "./errors.ts";
import type { LiveFigures } from "./runtime.ts";

/**
 * Figures of one account for status. While the account stops, its databases close before it is forgotten: from then on
 * there are none, which is no reason for `channels status` to fail.
 */
export function readFigures(
  readCounts: () => DurabilityCounts,
  readStatus: () => ConnectionStatus,
  countHeld: () => number,
): LiveFigures | undefined {
  try {
    return toFigures(readCounts(), readStatus(), countHeld());
  } catch (error) {
    if (readCode(error) === "closed") return undefined;
    throw error;
  }
}

function toFigures(
  counts: DurabilityCounts,
  status: ConnectionStatus,
  peopleOverBudget: number,
): LiveFigures {
  return {
    waitingInbound: counts.pending + counts.claimed,
    peopleOverBudget,
    deadLetters: counts.failed,
    waitingOutbound: counts.unsent,
    pendingRequests: status.pendingRequests,
    bytesToday: status.bytesToday,
    clockOffsetMs: status.clockOffsetMs,
    forksNoticed: status.forksNoticed,
  };
}
