import type { Gateway } from "channel-testing";
import { readProcessFigures, readThreadTimes, sumThreadTimesSince } from "../process-figures.ts";

const MINUTE_MS = 60_000;

/** What a gateway costs that nobody writes to. */
export interface IdleCost {
  readonly rssMb: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly cpuMsPerMinute: number;
}

/** Watches a gateway from now on. @returns What it has cost until it is asked. */
export function watchIdle({ pid }: Pick<Gateway, "pid">): () => IdleCost {
  const before = readThreadTimes(pid);
  const startedAtMs = performance.now();
  return () => {
    const minutes = (performance.now() - startedAtMs) / MINUTE_MS;
    const cpuMsPerMinute = sumThreadTimesSince(pid, before) / minutes;
    const { descriptors, rssMb, threads } = readProcessFigures(pid);
    return { rssMb, threads, descriptors, cpuMsPerMinute };
  };
}
