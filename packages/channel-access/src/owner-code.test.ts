import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { createOwnerCode, type OwnerCode } from "./owner-code.ts";

const NEVER = new AbortController().signal;
const WRONG = "BBBB-2222";

/** A code whose clock the test moves. */
function timedCode() {
  const clock = { now: 0 };
  const code = createOwnerCode({ monotonicNow: () => clock.now, wallClock: () => 1000 });
  return { code, clock };
}

const waits = (code: OwnerCode): boolean => code.claim().kind === "waiting";

describe("an owner code", () => {
  it("is claimed by who sends it, however it is written", () => {
    for (const write of [
      (code: string) => code,
      (code: string) => ` ${code.toLowerCase().replace("-", "")}\n`,
      (code: string) => code.replace("-", " – "),
    ]) {
      const code = createOwnerCode();
      expect(code.offer("pat", write(code.display))).toBe(true);
      expect(code.claim()).toEqual({ kind: "claimed", senderId: "pat" });
    }
  });

  it("works once", () => {
    const code = createOwnerCode();
    code.offer("pat", code.display);
    expect(code.offer("eve", code.display)).toBe(false);
    expect(code.claim()).toEqual({ kind: "claimed", senderId: "pat" });
  });

  it("is withdrawn after five wrong codes of anybody", () => {
    const code = createOwnerCode();
    for (const sender of ["a", "b", "c", "d"]) expect(code.offer(sender, WRONG)).toBe(false);
    expect(code.claim()).toMatchObject({ kind: "waiting", triesLeft: 1 });
    code.offer("e", WRONG);
    expect(code.claim()).toEqual({ kind: "exhausted" });
    expect(code.offer("pat", code.display)).toBe(false);
  });

  it("loses no try to messages that are no codes", () => {
    const code = createOwnerCode();
    for (const text of ["hi", "", "HELLOYOU", "please let me in", "B".repeat(10_000)]) {
      code.offer("pat", text);
    }
    expect(code.claim()).toMatchObject({ kind: "waiting", triesLeft: 5 });
  });

  it("expires after ten minutes, whatever the wall clock says", () => {
    const { code, clock } = timedCode();
    expect(code.expiresAtMs).toBe(601_000);
    clock.now = 599_999;
    expect(waits(code)).toBe(true);
    clock.now = 600_000;
    expect(code.offer("pat", code.display)).toBe(false);
    expect(code.claim()).toEqual({ kind: "expired" });
  });

  it("is not kept where something could print it", () => {
    const code = createOwnerCode();
    const shown = code.display.replace("-", "");
    expect(inspect(code.claim()) + JSON.stringify(code.claim())).not.toContain(shown);
  });

  it("tells who waits for it", async () => {
    const code = createOwnerCode();
    const settled = code.whenSettled(NEVER);
    code.offer("eve", WRONG);
    code.offer("pat", code.display);
    await expect(settled).resolves.toEqual({ kind: "claimed", senderId: "pat" });
  });

  it("tells who waits for it that the time is over", async () => {
    vi.useFakeTimers();
    try {
      const settled = createOwnerCode().whenSettled(NEVER);
      await vi.advanceTimersByTimeAsync(600_000);
      await expect(settled).resolves.toEqual({ kind: "expired" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("stops waiting when asked to", async () => {
    const stop = new AbortController();
    const settled = createOwnerCode().whenSettled(stop.signal);
    stop.abort(new Error("stopped"));
    await expect(settled).rejects.toThrow("stopped");
  });
});
