import { describe, expect, it } from "vitest";
import { createStepRunner, Interrupted, StepError } from "../../scripts/start/steps.ts";
import type { StepRunner } from "../../scripts/start/steps.ts";

function setUp(): { steps: StepRunner; lines: string[]; ending: AbortController } {
  const lines: string[] = [];
  const ending = new AbortController();
  let nowMs = 0;
  // Every look at the clock is 1.2 seconds after the one before.
  const now = (): number => (nowMs += 1200);
  const print = (line: string): void => void lines.push(line);
  return { steps: createStepRunner({ print, now, signal: ending.signal }), lines, ending };
}

describe("the steps of npm start", () => {
  it("prints each step with its result and its time, and counts it", async () => {
    const { steps, lines } = setUp();
    const result = await steps.run({
      title: "relay",
      next: "npm run relay",
      run: () => Promise.resolve(7),
      detail: (value) => `port ${value}`,
    });
    expect(result).toBe(7);
    expect(steps.count).toBe(1);
    expect(lines).toEqual(["[  2.4 s] relay: port 7 (2.4 s)"]);
  });

  it("names the step, the reason and the next command of a failure, and does not count it", async () => {
    const { steps, lines } = setUp();
    const failing = steps.run({
      title: "gateway",
      next: "less log",
      run: () => Promise.reject(new Error("no ready line")),
    });
    await expect(failing).rejects.toMatchObject({
      name: "StepError",
      title: "gateway",
      message: "no ready line",
      next: "less log",
    });
    expect(steps.count).toBe(0);
    expect(lines).toEqual([]);
  });

  it("ends a step that hangs when somebody ends the run", async () => {
    const { steps, ending } = setUp();
    const hanging = steps.run({ title: "t", next: "n", run: () => new Promise(() => undefined) });
    ending.abort(new Interrupted("SIGTERM"));
    await expect(hanging).rejects.toMatchObject({ name: "Interrupted", exitCode: 143 });
  });

  it("blames the step for what ended the run from within", async () => {
    const { steps, ending } = setUp();
    const hanging = steps.run({ title: "t", next: "n", run: () => new Promise(() => undefined) });
    ending.abort(new Error("the gateway ended by itself"));
    await expect(hanging).rejects.toBeInstanceOf(StepError);
  });
});
