import { expect, it } from "vitest";
import type { LiveFigures } from "./figures.ts";
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
};
const demo = { id: "demo", label: "Demo", network: "relay" };

function lineOf(
  figures: Partial<LiveFigures>,
  backupConfirmed: boolean | undefined = true,
): string {
  const facts = { accountId: "default", running: true, backupConfirmed };
  return describeAccount(demo, { ...facts, figures: { ...fine, ...figures } }, NOW, () => [
    "all own",
  ]);
}

it("says in one line that all is well", () => {
  expect(lineOf({})).toBe(
    "Demo default: connected, inbound 4s ago, queue 0, all own, backup confirmed",
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
  const line = lineOf({ deadLetters: 1 }, false);
  expect(line).toContain("1 dead letter (openclaw demo dead-letters list)");
  expect(line).toContain("backup NOT confirmed (openclaw demo backup)");
});

it("says of an account that does not run where to look, and what the disk knows", () => {
  const facts = { accountId: "work", running: false, figures: undefined };
  expect(describeAccount(demo, { ...facts, backupConfirmed: undefined }, NOW)).toBe(
    "Demo work: not running (openclaw channels status --probe), no identity yet",
  );
  const off = { ...facts, enabled: false, backupConfirmed: true };
  expect(describeAccount(demo, off, NOW)).toBe(
    "Demo work: switched off (openclaw config get channels.demo), backup confirmed",
  );
});
