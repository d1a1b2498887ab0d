import { Alarm } from "sdk-kit";
import type { Clock } from "../clock.ts";

const LOOK_EVERY_MS = 1_000;

/** A second that took this much longer, by either clock, was not a second of ours. */
const GAP_MS = 5_000;

/**
 * Notices that this process slept, or that the clock was set: a stopped process sees its timers late, a suspended
 * machine sees the wall clock jump. Connections and waits from before mean nothing then.
 */
export async function watchForWake(
  clock: Clock,
  onWake: () => void,
  signal: AbortSignal,
): Promise<void> {
  const alarm = new Alarm();
  let wallMs = clock.now();
  let steadyMs = performance.now();
  while (!signal.aborted) {
    await alarm.sleep(LOOK_EVERY_MS, signal);
    const [nextWallMs, nextSteadyMs] = [clock.now(), performance.now()];
    const wallStep = nextWallMs - wallMs;
    const steadyStep = nextSteadyMs - steadyMs;
    if (steadyStep > LOOK_EVERY_MS + GAP_MS || Math.abs(wallStep - steadyStep) > GAP_MS) onWake();
    [wallMs, steadyMs] = [nextWallMs, nextSteadyMs];
  }
}
