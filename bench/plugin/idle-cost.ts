import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "channel-testing";
import { readProcessFigures, readThreadTimes, sumThreadTimesSince } from "../process-figures.ts";

const MINUTE_MS = 60_000;
/** A gateway looks after itself for a while after its start. */
const SETTLE_MS = 60_000;
/** Several minutes, because some things are done once in each. */
const IDLE_MS = 180_000;

/** What a plugin may add: one percent of a processor. */
export const IDLE_LIMIT_MS_PER_MINUTE = 600;

/** What a gateway costs that nobody writes to. */
export interface IdleCost {
  readonly rssMb: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly cpuMsPerMinute: number;
}

/** Lets a gateway settle and watches it then, for four minutes in all. */
export async function measureIdle({ pid }: Pick<Gateway, "pid">): Promise<IdleCost> {
  await sleep(SETTLE_MS);
  const before = readThreadTimes(pid);
  const startedAtMs = performance.now();
  await sleep(IDLE_MS);
  const minutes = (performance.now() - startedAtMs) / MINUTE_MS;
  const cpuMsPerMinute = sumThreadTimesSince(pid, before) / minutes;
  const { descriptors, rssMb, threads } = readProcessFigures(pid);
  return { rssMb, threads, descriptors, cpuMsPerMinute };
}
