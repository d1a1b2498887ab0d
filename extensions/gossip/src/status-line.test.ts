import { expect, it } from "vitest";
import type { GossipFigures } from "./figures.ts";
import { describeAccount } from "./status-line.ts";

const NOW = Date.UTC(2026, 0, 2, 15, 0);
const HOUR_MS = 3_600_000;
const FINE: GossipFigures = {
  connected: true,
  unreachableSinceMs: undefined,
  lastErrorCode: undefined,
  lastInboundAtMs: NOW - 4000,
  waitingInbound: 0,
  peopleOverBudget: 0,
  oldestInboundAtMs: undefined,
  deadLetters: 0,
  waitingOutbound: 0,
  oldestOutboundAtMs: undefined,
  pendingRequests: 0,
  bytesToday: 0,
  clockOffsetMs: undefined,
  forksNoticed: 1,
  forkNoticedAtMs: undefined,
};

function lineOf(own: Partial<GossipFigures>): string {
  const facts = { accountId: "default", running: true, backupConfirmed: true };
  return describeAccount({ ...facts, figures: { ...FINE, ...own } }, NOW);
}

it("says of a restored backup that it was noticed and renewed, and after a day nothing more", () => {
  expect(lineOf({ forkNoticedAtMs: NOW - HOUR_MS })).toContain(
    "an older or second copy of this account was noticed at 2026-01-02 14:00 UTC; its conversations " +
      "were renewed. If a second gateway runs with these words, stop it",
  );
  const quiet =
    "Gossip default: connected, inbound 4s ago, queue 0, 0.0 MB today, backup confirmed";
  expect(lineOf({ forkNoticedAtMs: NOW - 25 * HOUR_MS })).toBe(quiet);
  expect(lineOf({ forkNoticedAtMs: NOW + 25 * HOUR_MS })).toBe(quiet);
  expect(lineOf({})).toBe(quiet);
});
