import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MeshError } from "../errors.ts";
import { DEFAULT_TIMING, SILENT_LOG } from "../peer/default-options.ts";
import { Dialer } from "./dialer.ts";

const LISTED = Array.from({ length: 100 }, (_, n) => `wss://peer-${n}.example/`);

let dialed: string[];
let alive: Set<string>;
let connected: Set<string>;
let dialer: Dialer;
let stop: AbortController;
let running: Promise<void>;
beforeEach(() => {
  vi.useFakeTimers();
  dialed = [];
  alive = new Set();
  connected = new Set();
  dialer = new Dialer({
    connect: async ({ href }, signal) => {
      dialed.push(href);
      if (!alive.has(href)) throw new MeshError("network_unreachable", "nobody there");
      const { promise, resolve } = Promise.withResolvers<void>();
      connected.add(href);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      connected.delete(href);
      return { readyForMs: 60_000, isSelf: false, peerId: undefined };
    },
    hasLinkTo: () => false,
    timing: DEFAULT_TIMING,
    random: () => 0.5,
    log: SILENT_LOG,
  });
  stop = new AbortController();
  running = dialer.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
  vi.useRealTimers();
});

describe("a list of more addresses than are dialed at a time", () => {
  it("has 64 of them dialed at first", async () => {
    dialer.setTargets([], LISTED);
    await vi.advanceTimersByTimeAsync(10);

    expect(dialed).toEqual(LISTED.slice(0, 64));
  });

  it("has the others tried once the first have failed several times", async () => {
    alive = new Set(LISTED.slice(90));

    dialer.setTargets([], LISTED);
    await vi.advanceTimersByTimeAsync(5 * 60_000);

    expect(connected).toEqual(alive);
  });

  it("has the first ones tried again later, and never more than 64 at a time", async () => {
    dialer.setTargets([], LISTED);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    alive = new Set(LISTED);
    await vi.advanceTimersByTimeAsync(3_600_000);

    expect(connected.size).toBe(64);
  });

  it("keeps those connected that answer, also when the list gets new ones before them", async () => {
    alive = new Set(LISTED);
    dialer.setTargets([], LISTED);
    await vi.advanceTimersByTimeAsync(10);
    const before = new Set(connected);

    dialer.setTargets([], ["wss://new.example/", ...LISTED]);
    await vi.advanceTimersByTimeAsync(3_600_000);

    expect(connected).toEqual(before);
  });

  it("leaves the peers that the owner has named in their places, however often they fail", async () => {
    const named = "wss://named.example/";
    dialer.setTargets([named], LISTED);
    await vi.advanceTimersByTimeAsync(3_600_000);
    alive = new Set([named]);
    await vi.advanceTimersByTimeAsync(2 * DEFAULT_TIMING.redialMaxMs);

    expect(connected).toEqual(alive);
  });
});

it("dials every peer that the owner has named, and of a list what has room beside them", async () => {
  const named = Array.from({ length: 70 }, (_, n) => `wss://named-${n}.example/`);

  dialer.setTargets(named, LISTED);
  await vi.advanceTimersByTimeAsync(10);

  expect(dialed).toEqual(named);
});
