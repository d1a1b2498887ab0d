import { expect, it } from "vitest";
import type { LiveFigures } from "./runtime.ts";
import { describeAccount } from "./status-line.ts";

const NOW = new Date(2026, 0, 2, 15, 0).getTime();
const fine: LiveFigures = {
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
  bytesToday: 1_200_000,
  clockOffsetMs: 100,
  forksNoticed: 0,
};

function lineOf(
  figures: Partial<LiveFigures>,
  backupConfirmed: boolean | undefined = true,
): string {
  const facts = { accountId: "default", running: true, backupConfirmed };
  return describeAccount({ ...facts, figures: { ...fine, ...figures } }, NOW);
}

it("says in one line that all is well", () => {
  expect(lineOf({})).toBe(
    "Gossip default: connected, inbound 4s ago, queue 0, 1.2 MB today, backup confirmed",
  );
});

it("tells the relay apart from the queues: one may be ill while the other is not", () => {
  const out = {
    connected: false,
    lastErrorCode: "relay_unreachable",
    unreachableSinceMs: new Date(2026, 0, 2, 14, 2).getTime(),
    waitingOutbound: 3,
  };
  expect(lineOf(out)).toContain(
    "relay unreachable since 14:02 (relay_unreachable, tried again by itself), inbound 4s ago, queue 0, 3 replies waiting",
  );
  const stalled = { waitingInbound: 7, oldestInboundAtMs: NOW - 600_000 };
  expect(lineOf(stalled)).toContain("connected, inbound 4s ago, queue 7 (oldest 10m)");
});

it("claims no connection before the first exchange", () => {
  expect(lineOf({ connected: false, lastInboundAtMs: undefined })).toContain(
    "connecting, no inbound yet",
  );
});

it("names what the operator has to do", () => {
  const line = lineOf({ deadLetters: 1, forksNoticed: 2, clockOffsetMs: -45_000 }, false);
  expect(line).toContain("1 dead letter (openclaw gossip dead-letters list)");
  expect(line).toContain("another copy of this identity is at work: stop it");
  expect(line).toContain("clock wrong by 45 s: set it");
  expect(line).toContain("backup NOT confirmed (openclaw gossip backup)");
});

it("says of an account that does not run what the disk knows", () => {
  const facts = { accountId: "work", running: false, figures: undefined };
  expect(describeAccount({ ...facts, backupConfirmed: undefined }, NOW)).toBe(
    "Gossip work: not running, no identity yet",
  );
});
