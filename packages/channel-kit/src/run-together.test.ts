import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runTogether, type Task } from "./run-together.ts";

const broken: Task = () => Promise.reject(new Error("broken"));
const never: Task = (signal) => sleep(60_000, undefined, { signal });

describe("tasks that run together", () => {
  it("all end when the signal aborts, and that is no failure", async () => {
    const stop = new AbortController();
    const running = runTogether(stop.signal, [never, never]);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it("all end when one fails, and only then the failure is told", async () => {
    let cleanedUp = false;
    const slowToEnd: Task = async (signal) => {
      await never(signal).catch(() => undefined);
      await sleep(20);
      cleanedUp = true;
    };
    await expect(runTogether(AbortSignal.any([]), [slowToEnd, broken])).rejects.toThrow("broken");
    expect(cleanedUp).toBe(true);
  });

  it("end when one simply returns", async () => {
    await expect(
      runTogether(AbortSignal.any([]), [never, () => Promise.resolve()]),
    ).resolves.toBeUndefined();
  });
});
